import OCI

extension DigestService {
    /// What a vendor's own API is shown as Authorization; nil: nothing.
    ///
    /// Credentials belong to exactly one host. Those that are set for the API's own host are shown to it (`api.github.com`
    /// is one that can be written among the registries). Those of the registry are shown only where its API answers at
    /// the registry's own origin, or where the operator wrote both into one entry: credentials and `bulkEndpoint`.
    ///
    /// - Parameter rejected: what was shown before and refused with 401.
    func bulkAuthorization(
        for url: RemoteURL, of registry: Registry, rejected: Secret? = nil
    ) async throws(CheckFailure) -> Secret? {
        guard let credentials = try await bulkCredentials(for: url.origin, of: registry),
            case .password(let username, let password) = credentials
        else { return nil }
        let header: Secret? =
            switch vendor(of: registry) {
            case .ghcr: Secret("Bearer " + password.text)
            case .harbor: Authenticator.basic(username, password)
            default: nil
            }
        return header == rejected ? nil : header
    }

    /// The credentials that this origin may be shown for this registry's sake.
    func bulkCredentials(for origin: Origin, of registry: Registry) async throws(CheckFailure) -> Credentials? {
        if let own = origin.registry, let found = try await credentials(for: own) { return found }
        let isNamed = configuration.registries[registry]?.bulkEndpoint.written?.origin == origin
        guard isNamed || lane(for: registry).owns(origin) else { return nil }
        return try await credentials(for: registry)
    }

    private func credentials(for registry: Registry) async throws(CheckFailure) -> Credentials? {
        if let found = configuration.registries[registry]?.credentials { return found }
        do {
            return try await configuration.credentials.credentials(for: registry)
        } catch {
            // The error may come from a program's output: not shown.
            throw CheckFailure(.configuration, "the credentials for \(registry) could not be read")
        }
    }
}

extension Origin {
    /// As the settings name it; nil for plain HTTP, under whose name something else may answer.
    fileprivate var registry: Registry? {
        guard scheme == .https else { return nil }
        let bracketed = host.contains(":") ? "[\(host)]" : host
        return try? Registry(parsing: port == 443 ? bracketed : "\(bracketed):\(port)")
    }
}
