import Foundation
import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer

@Suite struct ECRTests {
    private let keys = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "sec/ret"]

    @Test func onePasswordForManyChecksAndRepositories() async throws {
        let aws = try await FakeAWS()
        try await aws.withService(keys) { service in
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<10 {
                    group.addTask {
                        let outcome = try? await service.digest(of: "\(FakeAWS.name)/r\(index):1")
                        #expect(outcome == .found(digestA))
                    }
                }
            }
        }
        #expect(aws.count("GetAuthorizationToken") == 1)
    }

    /// Whoever answers: the registry that wanted it is what a lane's requests are counted under.
    @Test func whatALoginCostsIsTheRegistrys() async throws {
        let aws = try await FakeAWS(keys: ["AKROLE": ("role", "session")])
        let imds = "http://\(aws.server.name)/imds"
        let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": imds, "AWS_EC2_METADATA_DISABLED": "false"]
        let counts = try await aws.withService(environment) { service in
            try await service.expect("\(FakeAWS.name)/a:1", .found(digestA))
            return service.takeRequestCounts()
        }
        // Three to the metadata, one for the password.
        #expect(counts.first { $0.purpose == .token }?.count == 4)
        #expect(Set(counts.map(\.registry.name)) == [FakeAWS.name])
    }

    @Test func aPasswordIsRenewedBeforeItRunsOut() async throws {
        let aws = try await FakeAWS()
        let time = ManualTime()
        aws.lifetime.withLock { $0 = 3_600 }
        try await aws.withService(keys, time: time.source) { service in
            for (step, asked) in [(0, 1), (2_600, 1), (200, 2)] as [(Int, Int)] {
                time.advance(.seconds(step))
                try await service.expect("\(FakeAWS.name)/a:1", .found(digestA))
                #expect(aws.count("GetAuthorizationToken") == asked)
            }
        }
        // After the first there is no request that is only refused.
        #expect(aws.server.requests.count { $0.target.hasPrefix("/v2/") } == 4)
    }

    /// As moto's do.
    @Test func aPasswordThatHasRunOutAlreadyIsTried() async throws {
        let aws = try await FakeAWS()
        aws.lifetime.withLock { $0 = -100 }
        try await aws.withService(keys) { try await $0.expect("\(FakeAWS.name)/a:1", .found(digestA)) }
    }

    @Test func everyPlaceOfKeys() async throws {
        let folder = try TemporaryFolder()
        let credentials = try folder.write(
            "[work]\naws_access_key_id=AKROLE\naws_secret_access_key=role\naws_session_token=session\n",
            to: "credentials")
        let token = try folder.write("web.token\n", to: "token")
        let containerToken = try folder.write("container-token\n", to: "container-token")
        let aws = try await FakeAWS(keys: ["AKROLE": ("role", "session")])
        let base = "http://\(aws.server.name)"
        let environments: [[String: String]] = [
            ["AWS_ACCESS_KEY_ID": "AKROLE", "AWS_SECRET_ACCESS_KEY": "role", "AWS_SESSION_TOKEN": "session"],
            ["AWS_PROFILE": "work", "AWS_SHARED_CREDENTIALS_FILE": credentials],
            [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": base + "/container",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container-token",
            ],
            [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": base + "/container",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": containerToken,
            ],
            ["AWS_EC2_METADATA_SERVICE_ENDPOINT": base + "/imds"],
            ["AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:x", "AWS_ENDPOINT_URL_STS": base + "/sts"],
        ]
        for environment in environments {
            try await aws.withService(environment) { service in
                let outcome = try await service.digest(of: "\(FakeAWS.name)/a:1")
                #expect(outcome == .found(digestA), "\(environment.keys.sorted())")
            }
        }
    }

    /// A name that somebody typed makes nobody ask a metadata address.
    @Test func withoutASignNothingIsAsked() async throws {
        let aws = try await FakeAWS()
        for environment in [
            [:],
            [
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://\(aws.server.name)/imds",
                "AWS_EC2_METADATA_DISABLED": "true",
            ],
        ] {
            try await aws.withService(environment) { service in
                let failure = try await service.digest(of: "\(FakeAWS.name)/a:1").failure
                #expect(failure?.code == .unauthorized)
                #expect(failure?.detail.contains("none are set") == true)
            }
        }
        #expect(aws.server.requests.allSatisfy { $0.target.hasPrefix("/v2/") })
    }

    @Test(
        arguments: [
            ("Amazon EC2\n", "t3.micro\n", true, false), ("Google\n", "Google Compute Engine\n", false, true),
            ("QEMU\n", "Standard PC\n", false, false), (nil, nil, false, false),
        ] as [(String?, String?, Bool, Bool)])
    func theFirmwareTellsWhereWeAre(_ vendor: String?, _ product: String?, _ isEC2: Bool, _ isGoogle: Bool) throws {
        let folder = try TemporaryFolder()
        if let vendor { try folder.write(vendor, to: "sys_vendor") }
        if let product { try folder.write(product, to: "product_name") }
        let settings = CloudSettings.ofThisMachine(environment: [:], firmware: folder.path)
        #expect(settings.isOnEC2 == isEC2)
        #expect(settings.isOnGoogle == isGoogle)
    }

    static let troubles: [([String: String], CheckFailure.Code, String)] = [
        (
            ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "wrong-hush"], .unauthorized,
            "ECR in eu-central-1 answered 400 (InvalidSignatureException)"
        ),
        (["AWS_PROFILE": "none"], .configuration, "there is no AWS profile none"),
        (
            ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.1.2.3/x"], .configuration,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI is not an https URL"
        ),
        (
            ["AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": "x"], .configuration,
            "the file AWS_WEB_IDENTITY_TOKEN_FILE cannot be read"
        ),
        (
            ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "x", "AWS_ENDPOINT_URL_ECR": "hush"], .configuration,
            "AWS_ENDPOINT_URL_ECR is not a URL such as https://host[:port]"
        ),
    ]

    @Test(arguments: troubles) func whyThereIsNoPassword(
        _ environment: [String: String], _ code: CheckFailure.Code, _ expected: String
    ) async throws {
        let aws = try await FakeAWS()
        let log = LogCapture()
        try await aws.withService(environment, logger: log) { service in
            for _ in 0..<3 {
                let failure = try await service.digest(of: "\(FakeAWS.name)/a:1").failure
                #expect(failure?.code == code)
                #expect(failure?.detail == expected)
            }
        }
        // What was refused is not tried again with every check.
        #expect(aws.count("GetAuthorizationToken") <= 1)
        #expect(!log.text.contains("hush"))
    }

    @Test func imagesAreDescribedPageByPage() async throws {
        let aws = try await FakeAWS()
        aws.api.withLock {
            $0 = { action, _ in
                guard action == "DescribeImages" else { return nil }
                return Answer(200, [], .text(#"{"imageDetails":[],"nextToken":"more/+="}"#))
            }
        }
        let repository = try Repository(parsing: "\(FakeAWS.name)/team/app")
        try await aws.withService(keys) { service in
            #expect(await service.canDescribeImages(of: repository))
            #expect(await !service.canDescribeImages(of: try Repository(parsing: "public.ecr.aws/team/app")))
            let first = try await service.describeImages(of: repository, after: nil, isUrgent: false, purpose: .bulk)
            let next = try #require(first?.next)
            _ = try await service.describeImages(of: repository, after: next, isUrgent: false, purpose: .bulk)
        }
        let bodies = aws.server.requests.map { String(decoding: $0.body, as: UTF8.self) }
        let fixed = #""registryId":"123456789012","repositoryName":"team/app"}"#
        #expect(
            bodies == [
                #"{"filter":{"tagStatus":"TAGGED"},"maxResults":1000,"# + fixed,
                #"{"filter":{"tagStatus":"TAGGED"},"maxResults":1000,"nextToken":"more/+=","# + fixed,
            ])
        try await aws.withService([:]) { #expect(await !$0.canDescribeImages(of: repository)) }
    }

    /// Against moto's server, where it is true to ECR.
    @Test func moto() async throws {
        let moto = try await MotoServer()
        let repository = try Repository(parsing: "\(FakeAWS.name)/team/app")
        let manifest =
            #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":1,"digest":"\#(digestA)"},"layers":[]}"#
        let log = LogCapture()
        let environment = [
            "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": moto.url,
        ]
        var configuration = RegistryConfiguration()
        configuration.clouds = CloudSettings(environment: environment)
        let service = try DigestService(configuration: configuration, logger: log.logger)
        let login = service.clouds.ecr
        let error = await #expect(throws: CheckFailure.self) {
            _ = try await login.describeImages(of: repository, after: nil, isUrgent: false, purpose: .bulk)
        }
        #expect(error?.code == .notFound)
        try await moto.create("team/app", tags: ["1", "2"], manifest: manifest)
        let page = try await service.describeImages(of: repository, after: nil, isUrgent: false, purpose: .bulk)
        #expect(page?.tags.map(\.tag.name).sorted() == ["1", "2"])
        #expect(page?.tags.allSatisfy { $0.digest != nil && $0.pushedAt != nil } == true)
        #expect(page?.next == nil)
        #expect(try await login.credentials(for: repository.registry) != nil)
        try await service.shutdown()
    }
}
