import Foundation
import OCI
import TestSupport

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer
private typealias Request = ScriptedRegistry.Request

/// AWS and a registry of ECR's, as they answer; signatures are made again and compared.
final class FakeAWS: Sendable {
    static let name = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    let server: ScriptedRegistry
    /// Seconds that the next password lasts for.
    let lifetime = Box(43_200.0)
    let api = Box<@Sendable (String, Int) -> ScriptedRegistry.Answer?> { _, _ in nil }

    /// - Parameter keys: that the API knows, with the session token.
    init(keys: [String: (secret: String, token: String)] = ["AKID": ("sec/ret", "")]) async throws {
        let passwords = Box(0)
        let lifetime = lifetime
        let api = api
        server = try await ScriptedRegistry { request in
            if request.target.hasPrefix("/v2/") {
                let right = Data("AWS:password\(passwords.withLock { $0 })".utf8).base64EncodedString()
                if request.header("Authorization") == "Basic " + right {
                    return Answer(200, [("Docker-Content-Digest", digestA)])
                }
                return Answer(
                    401, [("WWW-Authenticate", "Basic realm=\"https://\(Self.name)/\",service=\"ecr.amazonaws.com\"")])
            }
            if let answer = Self.metadata(request) { return answer }
            guard request.target == "/", let target = request.header("X-Amz-Target") else { return Answer(404) }
            guard Self.isSigned(request, keys) else {
                return Answer(400, [], .text(#"{"__type":"InvalidSignatureException","message":"hush"}"#))
            }
            let action = String(target.split(separator: ".").last ?? "")
            let number = passwords.withLock { passwords in
                if action == "GetAuthorizationToken" { passwords += 1 }
                return passwords
            }
            if let answer = api.withLock({ $0 })(action, number) { return answer }
            guard action == "GetAuthorizationToken" else { return Answer(400) }
            let token = Data("AWS:password\(number)".utf8).base64EncodedString()
            let expires = Date().timeIntervalSince1970 + lifetime.withLock { $0 }
            return Answer(
                200, [("Content-Type", "application/x-amz-json-1.1")],
                .text(#"{"authorizationData":[{"authorizationToken":"\#(token)","expiresAt":\#(expires)}]}"#),
                delay: .milliseconds(50))
        }
    }

    private static func isSigned(_ request: Request, _ keys: [String: (secret: String, token: String)]) -> Bool {
        guard let shown = request.header("Authorization"), let moment = request.header("X-Amz-Date"),
            let id = shown.split(separator: "=").dropFirst().first?.split(separator: "/").first,
            let key = keys[String(id)], let made = AWSKeys(String(id), key.secret, token: key.token),
            request.header("X-Amz-Security-Token") ?? "" == key.token
        else { return false }
        let time = Array(moment)
        guard time.count >= 15 else { return false }
        let text =
            "\(String(time[0..<4]))-\(String(time[4..<6]))-\(String(time[6..<8]))T"
            + "\(String(time[9..<11])):\(String(time[11..<13])):\(String(time[13..<15]))Z"
        guard let parsed = try? Timestamp(parsing: text) else { return false }
        let headers = ["Content-Type", "X-Amz-Target", "Host"].map { ($0, request.header($0) ?? "") }
        let again = SignatureV4(keys: made, region: "eu-central-1", service: "ecr").headers(
            request.method, request.target, signing: headers, body: request.body, at: parsed)
        return again.last?.1 == shown
    }

    /// The metadata services of a container and of an instance, and STS.
    private static func metadata(_ request: Request) -> Answer? {
        let keys =
            #"{"AccessKeyId":"AKROLE","SecretAccessKey":"role","Token":"session","Expiration":"2099-01-01T00:00:00Z"}"#
        switch (request.method, request.target) {
        case ("GET", "/container") where request.header("Authorization") == "container-token":
            return Answer(200, [], .text(keys))
        case ("PUT", "/imds/latest/api/token") where request.header("X-aws-ec2-metadata-token-ttl-seconds") != nil:
            return Answer(200, [], .text("imds-token"))
        case ("GET", let path) where path.hasPrefix("/imds/latest/meta-data/iam/security-credentials/"):
            guard request.header("X-aws-ec2-metadata-token") == "imds-token" else { return Answer(401) }
            return path.hasSuffix("/") ? Answer(200, [], .text("a-role\n")) : Answer(200, [], .text(keys))
        case ("POST", "/sts/"), ("POST", "/sts"):
            let body = String(decoding: request.body, as: UTF8.self)
            guard body.contains("Action=AssumeRoleWithWebIdentity"), body.contains("WebIdentityToken=web.token") else {
                return Answer(403)
            }
            return Answer(
                200, [],
                .text(
                    "<X><AccessKeyId>AKROLE</AccessKeyId><SecretAccessKey>role</SecretAccessKey>"
                        + "<SessionToken>session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></X>"))
        default: return nil
        }
    }

    func count(_ action: String) -> Int {
        server.requests.count { $0.header("X-Amz-Target")?.hasSuffix("." + action) == true }
    }

    /// A service whose ECR registry answers here.
    func withService<Value>(
        _ environment: [String: String], time: TimeSource = TimeSource(ContinuousClock()),
        logger: LogCapture = LogCapture(),
        _ body: (DigestService) async throws -> Value
    ) async throws -> Value {
        try await RegistryClientTests.withService(
            logger: logger.logger, time: time,
            change: {
                $0.registries[try Registry(parsing: Self.name)] = RegistrySettings(
                    endpoint: try Endpoint(parsing: "http://\(server.name)"))
                $0.clouds = CloudSettings(
                    environment: environment.merging([
                        "AWS_ENDPOINT_URL_ECR": "http://\(server.name)", "HOME": "/nowhere",
                    ]) {
                        mine, _ in mine
                    })
            }, body)
    }
}
