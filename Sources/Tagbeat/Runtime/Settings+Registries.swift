import OCI
import RegistryClient

extension Settings {
    /// What the settings mean for the door to the registries.
    /// - Throws: `SettingError`, one line.
    func registryConfiguration() throws -> RegistryConfiguration {
        var configuration = RegistryConfiguration()
        configuration.userAgent = "tagbeat/\(Version.current)" + (publicURL.map { " (+\($0))" } ?? "")
        configuration.requestsPerSecond = requestsPerSecond
        configuration.privateRegistries = try PrivateRegistries(
            parsing: privateRegistries.map(\.description).joined(separator: ","))
        for entry in registries {
            configuration.registries[entry.registry] = RegistrySettings(
                endpoint: try entry.endpoint.map { try Endpoint(parsing: $0) }, credentials: entry.credentials,
                caFile: entry.caFile, requestsPerSecond: entry.requestsPerSecond)
        }
        if let dockerHubUsername, let dockerHubPassword {
            let account = Credentials(username: dockerHubUsername, password: dockerHubPassword.revealed)
            configuration.credentials.append(FixedCredentials([.dockerHub: account]))
        }
        if let file = try DockerConfig.standard(environment: ["DOCKER_CONFIG": dockerConfig]) {
            configuration.credentials.append(file)
        }
        return configuration
    }
}

extension RegistryEntry {
    fileprivate var credentials: Credentials? {
        guard let username, let password else { return nil }
        return Credentials(username: username, password: password.revealed)
    }
}
