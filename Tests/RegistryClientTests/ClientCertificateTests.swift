import OCI
import TestSupport
import Testing

@testable import RegistryClient

/// A registry behind an nginx that demands a client's certificate.
@Suite struct ClientCertificateTests {
    private func nginx(_ certificates: TestCertificates) async throws -> Nginx {
        try await Nginx(
            server: """
                ssl_client_certificate \(certificates.authority);
                ssl_verify_client on;
                location /v2/ { add_header Docker-Content-Digest \(digestA); return 200 "{}"; }
                """, tls: certificates)
    }

    @Test func isShownToItsRegistry() async throws {
        let certificates = try await TestCertificates()
        let nginx = try await nginx(certificates)
        let name = try Registry(parsing: nginx.name)
        let own = ClientCertificate(certificateFile: certificates.clientCertificate, keyFile: certificates.clientKey)
        for (client, expected) in [(own, DigestOutcome.found(digestA)), (nil, nil)] {
            try await withService(
                listed: [nginx.name],
                change: {
                    $0.registries[name] = RegistrySettings(caFile: certificates.authority)
                    $0.registries[name]?.clientCertificate = client
                }
            ) {
                let outcome = try await $0.digest(of: "\(nginx.name)/a:1")
                if let expected { #expect(outcome == expected) } else { #expect(outcome.failure != nil) }
            }
        }
    }

    @Test func isNotShownAfterARedirect() async throws {
        let certificates = try await TestCertificates()
        let demanding = try await nginx(certificates)
        let first = try await Nginx(
            server: "location / { return 307 https://\(demanding.name)$request_uri; }", tls: certificates)
        try await withService(
            listed: [first.name, demanding.name],
            change: {
                let name = try Registry(parsing: first.name)
                $0.registries[name] = RegistrySettings(caFile: certificates.authority)
                $0.registries[name]?.clientCertificate = ClientCertificate(
                    certificateFile: certificates.clientCertificate, keyFile: certificates.clientKey)
            }
        ) {
            let outcome = try await $0.digest(of: "\(first.name)/a:1")
            #expect(outcome.failure != nil)
        }
    }

    @Test(
        arguments: [
            ("/nowhere/client.pem", nil, "the client certificate /nowhere/client.pem cannot be read"),
            (nil, "/nowhere/client.key", "the client key /nowhere/client.key cannot be read"),
            (nil, "CERTIFICATE", "is no PEM key"),
        ] as [(String?, String?, String)])
    func unusableFiles(_ certificate: String?, _ key: String?, _ expected: String) async throws {
        let certificates = try await TestCertificates()
        var configuration = RegistryConfiguration()
        var settings = RegistrySettings()
        settings.clientCertificate = ClientCertificate(
            certificateFile: certificate ?? certificates.clientCertificate,
            keyFile: key == "CERTIFICATE" ? certificates.clientCertificate : key ?? certificates.clientKey)
        configuration.registries[try Registry(parsing: "r.example")] = settings
        let error = #expect(throws: SettingError.self) {
            _ = try DigestService(configuration: configuration, logger: LogCapture().logger)
        }
        #expect(error?.description.contains(expected) == true)
    }
}
