import Foundation
import OCI
import Testing

@testable import RegistryClient

/// AWS's published test vectors, and requests as AWS's own Python library signs them.
@Suite struct SignatureTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name, method, host, target, body, key, secret, token, region, service, time, authorization: String
        let headers: [[String]]

        var testDescription: String { name }
    }

    static var cases: [Case] {
        get throws { try JSONDecoder().decode([Case].self, from: Data(signatureCases.utf8)) }
    }

    @Test func signs() throws {
        #expect(try Self.cases.count == 16)
        for example in try Self.cases {
            let keys = try #require(AWSKeys(example.key, example.secret, token: example.token))
            let headers = example.headers.map { ($0[0], $0[1]) } + [("Host", example.host)]
            let added = SignatureV4(keys: keys, region: example.region, service: example.service).headers(
                example.method, example.target, signing: headers, body: example.body.utf8,
                at: try Timestamp(parsing: example.time))
            #expect(added.last?.1 == example.authorization, "\(example.name)")
            #expect(added.contains { $0.0 == "X-Amz-Security-Token" } == !example.token.isEmpty)
        }
    }

    @Test func momentsAreWholeSeconds() throws {
        let time = try Timestamp(parsing: "2026-01-31T00:00:09.987654Z")
        #expect(SignatureV4.moment(time) == "20260131T000009Z")
    }
}

@Suite struct AWSParserTests {
    @Test(
        arguments: [
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com"),
            ("123456789012.dkr.ecr.eu-central-1.amazonaws.com:443", "api.ecr.eu-central-1.amazonaws.com"),
            ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "ecr-fips.us-gov-west-1.amazonaws.com"),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "api.ecr.cn-north-1.amazonaws.com.cn"),
            ("public.ecr.aws", nil), ("docker.io", nil), ("123456789012.dkr.ecr.us-east-1.amazonaws.com:8443", nil),
            ("12345678901.dkr.ecr.us-east-1.amazonaws.com", nil), ("x23456789012.dkr.ecr.us-east-1.amazonaws.com", nil),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.example", nil),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com.evil", nil),
            ("123456789012.dkr.ecr.evil.example.amazonaws.com", nil),
            ("evil.123456789012.dkr.ecr.us-east-1.amazonaws.com", nil), ("123456789012.dkr.ecr.amazonaws.com", nil),
            ("123456789012.dkr.s3.us-east-1.amazonaws.com", nil),
        ] as [(String, String?)])
    func hosts(_ name: String, _ api: String?) throws {
        let place = try ECRRegistry(try Registry(parsing: name))?.place(CloudSettings())
        #expect(place?.url.origin.host == api)
        #expect(place?.isOperators != true)
    }

    static let profiles = """
        # a comment
        [default]
        aws_access_key_id = AKIDEFAULT
        aws_secret_access_key=d=e/f+
        s3 =
          aws_access_key_id = NESTED
        [ other ]
        AWS_ACCESS_KEY_ID=AKIOTHER
        ; another
        [profile third]
        role_arn = arn:aws:iam::1:role/x
        [default]
        region = eu-central-1
        """

    @Test func profileFiles() {
        let text = Self.profiles
        #expect(
            AWSProfile.settings(of: "default", in: text, isConfig: false) == [
                "aws_access_key_id": "AKIDEFAULT", "aws_secret_access_key": "d=e/f+", "s3": "",
                "region": "eu-central-1",
            ])
        #expect(AWSProfile.settings(of: "other", in: text, isConfig: false) == ["aws_access_key_id": "AKIOTHER"])
        #expect(AWSProfile.settings(of: "other", in: text, isConfig: true) == nil)
        #expect(AWSProfile.settings(of: "third", in: text, isConfig: true)?["role_arn"] == "arn:aws:iam::1:role/x")
        #expect(AWSProfile.settings(of: "third", in: text, isConfig: false) == nil)
        #expect(AWSProfile.settings(of: "none", in: text, isConfig: true) == nil)
    }

    @Test(arguments: [
        ("[my team]", "my team", false, true), ("[ \"my team\" ]", "my team", false, true),
        ("[profile 'my team']", "my team", true, true), ("[profile\tdev]", "dev", true, true),
        ("[profile default]", "default", true, true), ("[default]", "default", true, true),
        ("[dev]", "dev", true, false), ("[profiledev]", "dev", true, false), ("[de'v]", "dev", false, false),
        ("[profile dev]", "dev", false, false), ("[default", "default", false, true),
    ])
    func profileTitles(_ title: String, _ name: String, _ isConfig: Bool, _ isFound: Bool) {
        let settings = AWSProfile.settings(of: name, in: title + "\nregion = x", isConfig: isConfig)
        #expect(settings == (isFound ? ["region": "x"] : nil))
    }

    private static func token(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    static let authorizations: [(String, Credentials?, String?)] = [
        (
            #"{"authorizationData":[{"authorizationToken":"\#(token("AWS:p:w"))","expiresAt":1.7697312E9}]}"#,
            Credentials(username: "AWS", password: "p:w"), "2026-01-30T00:00:00Z"
        ),
        (
            #"{"authorizationData":[{"authorizationToken":"\#(token("AWS:p"))","expiresAt":"2026-01-30T00:00:00Z"}]}"#,
            Credentials(username: "AWS", password: "p"), "2026-01-30T00:00:00Z"
        ),
        (
            #"{"authorizationData":[{"authorizationToken":"\#(token("AWS:p"))","expiresAt":[]}]}"#,
            Credentials(username: "AWS", password: "p"), nil
        ),
        (#"{"authorizationData":[{"authorizationToken":"\#(token("AWS"))"}]}"#, nil, nil),
        (#"{"authorizationData":[{"authorizationToken":"\#(token("AWS:"))"}]}"#, nil, nil),
        (#"{"authorizationData":[{"authorizationToken":"\#(token("AWS:a\r\nb"))"}]}"#, nil, nil),
        (#"{"authorizationData":[{"authorizationToken":"%%"}]}"#, nil, nil),
        (#"{"authorizationData":[]}"#, nil, nil), ("{}", nil, nil), ("", nil, nil), ("<html>", nil, nil),
        (String(repeating: "[", count: 5_000), nil, nil),
    ]

    @Test(arguments: authorizations) func readsAuthorizations(
        _ body: String, _ credentials: Credentials?, _ expires: String?
    ) throws {
        let found = ECRAuthorization(parsing: body.utf8)
        #expect(found?.credentials == credentials)
        #expect(found?.expiresAt?.description == expires)
    }

    @Test(
        arguments: [
            (#"{"__type":"com.amazon#ExpiredTokenException","message":"x"}"#, "ExpiredTokenException"),
            (#"{"__type":"AccessDenied"}"#, "AccessDenied"), (#"{"__type":"a b"}"#, nil), ("{}", nil), ("", nil),
        ] as [(String, String?)])
    func errorNames(_ body: String, _ expected: String?) {
        #expect(AWSErrorName.find(in: body.utf8) == expected)
    }

    @Test func keysFromSTS() throws {
        let xml = """
            <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Result><Credentials>
            <SessionToken>to/k+en==</SessionToken><SecretAccessKey>s/k</SecretAccessKey>
            <Expiration>2026-01-30T00:00:00Z</Expiration><AccessKeyId>ASIA</AccessKeyId></Credentials></Result></X>
            """
        let keys = try #require(AWSKeys(xml: xml.utf8))
        #expect(
            keys
                == AWSKeys("ASIA", "s/k", token: "to/k+en==", expiresAt: try Timestamp(parsing: "2026-01-30T00:00:00Z"))
        )
        #expect(AWSKeys(xml: "<AccessKeyId>A</AccessKeyId>".utf8) == nil)
        #expect(!"\(keys)".contains("s/k"))
    }
}
