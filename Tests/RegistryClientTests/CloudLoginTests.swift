import Foundation
import JWTKit
import OCI
import Subprocess
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer
private typealias Request = ScriptedRegistry.Request

/// The fields of a form that was posted.
private func form(_ request: Request) -> [String: String] {
    let body = String(decoding: request.body, as: UTF8.self)
    return Dictionary(
        uniqueKeysWithValues: body.split(separator: "&").compactMap { pair in
            let halves = pair.split(separator: "=", maxSplits: 1)
            return halves.count == 2 ? (String(halves[0]), FormFields.unescaped(halves[1]) ?? "") : nil
        })
}

/// A registry that wants a token, which its service gives to whoever it accepts.
private func registry(_ accepts: @escaping @Sendable (Request) -> Bool) async throws -> ScriptedRegistry {
    try await ScriptedRegistry { request in
        if request.target.hasPrefix("/v2/token") || request.target == "/oauth2/token" {
            return accepts(request) ? Answer(200, [], .text(#"{"token":"t"}"#)) : Answer(401)
        }
        if request.target == "/oauth2/exchange" {
            return form(request)["access_token"] == "entra-hush"
                ? Answer(200, [], .text(#"{"refresh_token":"refresh-hush"}"#)) : Answer(401)
        }
        if request.header("Authorization") == "Bearer t" { return Answer(200, [("Docker-Content-Digest", digestA)]) }
        let path = request.target.contains("acr") ? "/oauth2/token" : "/v2/token"
        let realm = "http://\(request.header("Host") ?? "")\(path)"
        return Answer(401, [("WWW-Authenticate", "Bearer realm=\"\(realm)\",service=\"s\"")])
    }
}

private func check(
    _ reference: String, at registry: ScriptedRegistry, _ environment: [String: String], log: LogCapture = LogCapture()
) async throws -> DigestOutcome {
    try await withService(
        logger: log.logger,
        change: {
            $0.registries[try Reference(parsing: reference).repository.registry] = RegistrySettings(
                endpoint: try Endpoint(parsing: "http://\(registry.name)"))
            $0.clouds = CloudSettings(environment: environment.merging(["HOME": "/nowhere"]) { mine, _ in mine })
        }
    ) { try await $0.digest(of: reference) }
}

@Suite struct GoogleLoginTests {
    private let right = "Basic " + Data("oauth2accesstoken:google-hush".utf8).base64EncodedString()

    private func registry() async throws -> ScriptedRegistry {
        let right = right
        return try await RegistryClientTests.registry { $0.header("Authorization") == right }
    }

    private func tokenService() async throws -> ScriptedRegistry {
        try await ScriptedRegistry { request in
            switch (request.method, request.target) {
            case ("POST", "/token"):
                return Answer(
                    200, [], .text(#"{"access_token":"google-hush","expires_in":3599,"token_type":"Bearer"}"#))
            case ("GET", "/computeMetadata/v1/instance/service-accounts/default/token")
            where request.header("Metadata-Flavor") == "Google":
                return Answer(
                    200, [], .text(#"{"access_token":"google-hush","expires_in":3599,"token_type":"Bearer"}"#))
            default: return Answer(403)
            }
        }
    }

    private func key() async throws -> String {
        let result = try await Subprocess.run(
            .name("openssl"), arguments: ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            output: .string(limit: 65_536), error: .discarded)
        return result.standardOutput
    }

    private struct Claims: JWTPayload {
        let iss: String
        let aud: String
        let scope: String
        let iat: Int
        let exp: Int

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    @Test func aServiceAccount() async throws {
        let folder = try TemporaryFolder()
        let tokens = try await tokenService()
        let registry = try await registry()
        let pem = try await key()
        let url = "http://\(tokens.name)/token"
        let document = [
            "type": "service_account", "client_email": "me@project.iam.gserviceaccount.com", "private_key": pem,
            "private_key_id": "key-1", "token_uri": url,
        ]
        let file = try folder.write(
            String(decoding: try JSONEncoder().encode(document), as: UTF8.self), to: "account.json")
        let log = LogCapture()
        let outcome = try await check(
            "europe-docker.pkg.dev/project/repo/app:1", at: registry, ["GOOGLE_APPLICATION_CREDENTIALS": file], log: log
        )
        #expect(outcome == .found(digestA))
        let fields = form(try #require(tokens.requests.first))
        #expect(fields["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        let keys = JWTKeyCollection()
        await keys.add(rsa: try Insecure.RSA.PrivateKey(pem: pem).publicKey, digestAlgorithm: .sha256)
        let claims = try await keys.verify(fields["assertion"] ?? "", as: Claims.self)
        #expect(claims.iss == "me@project.iam.gserviceaccount.com")
        #expect(claims.aud == url)
        #expect(claims.exp - claims.iat == 3_600)
        #expect(!log.text.contains("hush"))
    }

    @Test func aUserAndAMachine() async throws {
        let folder = try TemporaryFolder()
        let tokens = try await tokenService()
        let registry = try await registry()
        let outcome = try await check("gcr.io/project/app:1", at: registry, ["GCE_METADATA_HOST": tokens.name])
        #expect(outcome == .found(digestA))
        let file = try folder.write(
            #"{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"r"}"#, to: "user.json")
        let account = try GoogleAccount(parsing: OperatorFile.bytes(file))
        let fields = try await account.fields(at: .now())
        #expect(fields.map(\.0) == ["grant_type", "client_id", "client_secret", "refresh_token"])
        #expect(fields.map(\.1) == ["refresh_token", "i", "s", "r"])
    }

    /// Without a sign nobody asks for the machine's account, and the token is for Google's own hosts.
    @Test func forNobodyElse() async throws {
        let tokens = try await tokenService()
        let registry = try await registry()
        #expect(try await check("gcr.io/project/app:1", at: registry, [:]).failure?.code == .unauthorized)
        for name in ["evilgcr.io", "gcr.io.evil.example", "gcr.io:8443", "pkg.dev.evil.example"] {
            let outcome = try await check("\(name)/a/b:1", at: registry, ["GCE_METADATA_HOST": tokens.name])
            #expect(outcome.failure?.code == .unauthorized, "\(name)")
        }
        #expect(tokens.requests.isEmpty)
    }

    @Test(arguments: [
        ("", "is not Google's JSON of an account"),
        (#"{"type":"service_account"}"#, "has no client_email or no private_key"),
        (
            #"{"type":"external_account","audience":"hush"}"#,
            "is of the kind \"external_account\", which is not supported"
        ),
        (
            #"{"type":"service_account","client_email":"a","private_key":"hush"}"#,
            "has a private_key that cannot be used"
        ),
    ])
    func unusableFiles(_ text: String, _ expected: String) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(text, to: "account.json")
        let registry = try await registry()
        let outcome = try await check("gcr.io/a/b:1", at: registry, ["GOOGLE_APPLICATION_CREDENTIALS": path])
        #expect(outcome.failure?.code == .configuration)
        #expect(outcome.failure?.detail == "the file GOOGLE_APPLICATION_CREDENTIALS " + expected)
    }

    @Test func anAccountsSecretsAreNotShownByPlainHTTP() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            #"{"type":"service_account","client_email":"a","private_key":"x","token_uri":"http://evil.example/"}"#,
            to: "account.json")
        let outcome = try await check(
            "gcr.io/a/b:1", at: registry(), ["GOOGLE_APPLICATION_CREDENTIALS": path])
        #expect(outcome.failure?.detail == "the service account's token_uri is not an https URL")
    }
}

@Suite struct ACRLoginTests {
    @Test func anApplicationsSecretAndAClustersToken() async throws {
        let folder = try TemporaryFolder()
        let token = try folder.write("cluster.token\n", to: "token")
        let entra = try await ScriptedRegistry { request in
            let fields = form(request)
            guard request.target == "/tenant-1/oauth2/v2.0/token", fields["grant_type"] == "client_credentials",
                fields["client_id"] == "client-1", fields["scope"] == "https://containerregistry.azure.net/.default",
                fields["client_secret"] == "s3cret+" || fields["client_assertion"] == "cluster.token"
            else { return Answer(401, [], .text("hush")) }
            return Answer(200, [], .text(#"{"access_token":"entra-hush","expires_in":"3599"}"#))
        }
        let registry = try await registry { form($0)["refresh_token"] == "refresh-hush" }
        let common = [
            "AZURE_TENANT_ID": "tenant-1", "AZURE_CLIENT_ID": "client-1",
            "AZURE_AUTHORITY_HOST": "http://\(entra.name)/",
        ]
        for (name, value, isRight) in [
            ("AZURE_CLIENT_SECRET", "s3cret+", true), ("AZURE_FEDERATED_TOKEN_FILE", token, true),
            ("AZURE_CLIENT_SECRET", "wrong", false), ("AZURE_FEDERATED_TOKEN_FILE", "/nowhere", false),
        ] {
            let outcome = try await check(
                "me.azurecr.io/acr:1", at: registry, common.merging([name: value]) { $1 })
            if isRight {
                #expect(outcome == .found(digestA), "\(name)")
            } else {
                #expect(outcome.failure != nil)
                #expect(outcome.failure?.detail.contains("hush") == false)
            }
        }
        let exchanges = registry.requests.filter { $0.target == "/oauth2/exchange" }.map(form)
        #expect(exchanges.allSatisfy { $0["service"] == "me.azurecr.io" && $0["grant_type"] == "access_token" })
        let asked = entra.requests.count
        let elsewhere = try await check(
            "azurecr.io.evil.example/acr:1", at: registry, common.merging(["AZURE_CLIENT_SECRET": "s3cret+"]) { $1 })
        #expect(elsewhere.failure?.code == .unauthorized)
        #expect(entra.requests.count == asked)
    }
}

@Suite struct HubLoginTests {
    private func hub(_ asked: Box<Int>) async throws -> ScriptedRegistry {
        try await ScriptedRegistry { request in
            guard request.target == "/v2/auth/token", request.method == "POST" else { return Answer(404) }
            let body = try? JSONDecoder().decode([String: String].self, from: Data(request.body))
            guard body == ["identifier": "someone", "secret": "dckr_pat_hush"] else { return Answer(401) }
            let number = asked.withLock {
                $0 += 1
                return $0
            }
            return Answer(200, [], .text(#"{"access_token":"hub\#(number)"}"#), delay: .milliseconds(20))
        }
    }

    private func service<Value>(
        _ hub: ScriptedRegistry, password: String, time: ManualTime = ManualTime(),
        _ body: (DigestService, RemoteURL) async throws -> Value
    ) async throws -> Value {
        try await withService(
            time: time.source,
            change: {
                $0.registries[.dockerHub] = RegistrySettings()
                $0.registries[.dockerHub]?.bulkEndpoint = .at(try Endpoint(parsing: "http://\(hub.name)"))
                $0.credentials.append(
                    FixedCredentials([.dockerHub: Credentials(username: "someone", password: password)]))
            }
        ) { service in
            let url = try #require(RemoteURL(parsing: "http://\(hub.name)/v2/namespaces/a/repositories/b/tags"))
            return try await body(service, url)
        }
    }

    @Test func oneTokenForTenMinutes() async throws {
        let asked = Box(0)
        let hub = try await hub(asked)
        let time = ManualTime()
        try await service(hub, password: "dckr_pat_hush", time: time) { service, url in
            await withTaskGroup(of: Secret?.self) { group in
                for _ in 0..<10 {
                    group.addTask { (try? await service.bulkAuthorization(for: url, of: .dockerHub)).flatMap(\.self) }
                }
                for await header in group { #expect(header == Secret("Bearer hub1")) }
            }
            time.advance(.seconds(530))
            #expect(try await service.bulkAuthorization(for: url, of: .dockerHub) == Secret("Bearer hub1"))
            time.advance(.seconds(20))
            #expect(try await service.bulkAuthorization(for: url, of: .dockerHub) == Secret("Bearer hub2"))
            // Refused in between: another, once.
            let other = try await service.bulkAuthorization(
                for: url, of: .dockerHub, rejected: Secret("Bearer hub2"))
            #expect(other == Secret("Bearer hub3"))
        }
    }

    @Test func onlyThere() async throws {
        let asked = Box(0)
        let hub = try await hub(asked)
        try await service(hub, password: "dckr_pat_hush") { service, _ in
            for text in ["https://hub.docker.com/v2/x", "https://evil.example/v2/x", "http://localhost:1/"] {
                let url = try #require(RemoteURL(parsing: text))
                #expect(try await service.bulkAuthorization(for: url, of: .dockerHub) == nil)
            }
        }
        #expect(asked.withLock { $0 } == 0)
    }

    /// What is public is listed all the same, and the login is left alone for a while.
    @Test func aWrongPassword() async throws {
        let hub = try await hub(Box(0))
        try await service(hub, password: "wrong") { service, url in
            for _ in 0..<5 {
                let header = try await service.bulkAuthorization(for: url, of: .dockerHub)
                #expect(header == nil)
            }
        }
        #expect(hub.requests.count == 1)
    }
}
