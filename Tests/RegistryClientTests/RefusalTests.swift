import OCI
import RegistryClient
import Testing

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
