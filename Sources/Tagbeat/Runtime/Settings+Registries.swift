import OCI
import RegistryClient

extension Settings {
    /// What the settings mean for the door to the registries.
    ///
    /// - Parameter environment: where other programs' variables are looked up: proxies, logins.
    /// - Throws: `SettingError`, one line.
    func registryConfiguration(environment: [String: String]) throws -> RegistryConfiguration {
        var configuration = RegistryConfiguration()
        configuration.userAgent = "tagbeat/\(Version.current)" + (publicURL.map { " (+\($0))" } ?? "")
        configuration.requestsPerSecond = requestsPerSecond
        configuration.privateRegistries = try PrivateRegistries(
            parsing: privateRegistries.map(\.description).joined(separator: ","))
        for entry in registries {
            var settings = RegistrySettings(
                endpoint: try entry.endpoint.map { try Endpoint(parsing: $0) }, credentials: entry.credentials,
                caFile: entry.caFile, requestsPerSecond: entry.requestsPerSecond)
            settings.vendor = entry.vendor
            settings.bulkEndpoint = entry.bulkEndpoint
            settings.clientCertificate = entry.clientCertificate
            configuration.registries[entry.registry] = settings
        }
        if let dockerHubUsername, let dockerHubPassword {
            let account = Credentials(username: dockerHubUsername, password: dockerHubPassword.revealed)
            configuration.credentials.append(FixedCredentials([.dockerHub: account]))
        }
        if let file = try DockerConfig.standard(environment: ["DOCKER_CONFIG": dockerConfig]) {
            if let helpers = HelperCredentials(file, environment: environment) {
                configuration.credentials.append(helpers)
            }
            configuration.credentials.append(file)
        }
        configuration.proxies = try ProxySettings(environment: environment)
        configuration.clouds = .ofThisMachine(environment: environment)
        return configuration
    }
}

extension RegistryEntry {
    fileprivate var credentials: Credentials? {
        guard let username, let password else { return nil }
        return Credentials(username: username, password: password.revealed)
    }

    fileprivate var clientCertificate: ClientCertificate? {
        guard let clientCertificateFile, let clientKeyFile else { return nil }
        return ClientCertificate(certificateFile: clientCertificateFile, keyFile: clientKeyFile)
    }
}
