import OCI
import TestSupport
import Testing

@testable import RegistryClient

@Suite struct RefusalTests {
    @Test(arguments: [
        ("ghcr.io", false), ("docker.io", false), ("localhost:5000", true), ("localhost", true), ("10.0.0.1", true),
        ("169.254.169.254", true), ("[::1]", true), ("example.com:8443", true), ("registry.corp:5000", false),
        ("127.0.0.1:5000", false), ("127.0.0.1:5001", true), ("8.8.8.8", false),
    ])
    func namesThatWouldNotBeAsked(name: String, isRefused: Bool) throws {
        var configuration = RegistryConfiguration()
        configuration.privateRegistries = try PrivateRegistries(parsing: "registry.corp:5000,127.0.0.1:5000")
        #expect((configuration.refusal(of: try Registry(parsing: name)) != nil) == isRefused)
    }
}

/// One repository's odd token service is that repository's trouble alone.
@Suite struct ForeignRealmTests {
    @Test func othersOfTheRegistryGoOn() async throws {
        let registry = try await ScriptedRegistry { request in
            if request.target.contains("/realm/") {
                return .init(401, [("WWW-Authenticate", "Bearer realm=\"http://10.0.0.1/token\"")])
            }
            return .init(200, [("Docker-Content-Digest", digestA), ("Content-Type", indexType)])
        }
        try await withService(listed: [registry.name]) { service in
            for _ in 0..<2 {
                let bad = try await service.digest(of: "\(registry.name)/realm/app:1")
                #expect(bad.failure?.code == .forbiddenAddress)
                let good = try await service.digest(of: "\(registry.name)/public/app:1")
                #expect(good.failure == nil, "\(good)")
            }
        }
    }
}
