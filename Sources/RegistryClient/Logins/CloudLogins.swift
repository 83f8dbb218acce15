import OCI

/// The operator's accounts in clouds, each for its own registries alone.
final class CloudLogins: CredentialSource {
    let ecr: ECRLogin
    let hub: HubLogin
    private let google: GoogleLogin
    private let acr: ACRLogin

    init(configuration: RegistryConfiguration, transport: Transport, time: TimeSource) {
        let door = CloudDoor(transport: transport, userAgent: configuration.userAgent, now: { .now() })
        let settings = configuration.clouds
        func named(_ vendor: Vendor) -> Set<Registry> {
            Set(configuration.registries.filter { $0.value.vendor == vendor }.keys)
        }
        ecr = ECRLogin(settings: settings, named: named(.ecr), door: door, time: time)
        google = GoogleLogin(settings: settings, named: named(.google), door: door, time: time)
        acr = ACRLogin(
            settings: settings, endpoints: configuration.registries.compactMapValues(\.endpoint), door: door, time: time
        )
        hub = HubLogin(door: door, time: time)
    }

    func credentials(for registry: Registry) async throws -> Credentials? {
        for source in [ecr, google, acr] as [any CredentialSource] {
            if let found = try await source.credentials(for: registry) { return found }
        }
        return nil
    }
}
