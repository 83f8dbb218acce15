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
        if vendor(of: registry) == .dockerHub {
            return try await hubAuthorization(for: url, of: registry, rejected: rejected)
        }
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

    /// The account of docker.io is shown to `hub.docker.com`, which is the same service's other host, or to the
    /// `bulkEndpoint` that stands beside it in the settings. Without a login what is public is listed all the same.
    private func hubAuthorization(
        for url: RemoteURL, of registry: Registry, rejected: Secret?
    ) async throws(CheckFailure) -> Secret? {
        let written = configuration.registries[registry]?.bulkEndpoint.written
        let usual = Endpoint(origin: Origin(scheme: .https, host: "hub.docker.com", port: 443))
        guard let endpoint = written ?? (registry == .dockerHub ? usual : nil), endpoint.origin == url.origin,
            let credentials = try await lane(for: registry).authenticator.login.current().credentials
        else { return nil }
        do throws(CheckFailure) {
            return try await clouds.hub.header(
                at: endpoint, of: registry, isOperators: written != nil, for: credentials, rejected: rejected)
        } catch {
            if error.code == .cancelled { throw error }
            return nil
        }
    }

    /// The credentials that this origin may be shown for this registry's sake.
    func bulkCredentials(for origin: Origin, of registry: Registry) async throws(CheckFailure) -> Credentials? {
        if let own = origin.registry {
            let login = try await lane(for: own).authenticator.login.current()
            if let found = login.credentials { return found }
        }
        let isNamed = configuration.registries[registry]?.bulkEndpoint.written?.origin == origin
        let lane = lane(for: registry)
        guard isNamed || lane.owns(origin) else { return nil }
        return try await lane.authenticator.login.current().credentials
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
