import OCI

/// Refresh tokens of Azure's registries, exchanged for an access token of the operator's application in Entra ID.
/// https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
final class ACRLogin: CredentialSource {
    private let settings: CloudSettings
    /// Where the operator says that registries answer.
    private let endpoints: [Registry: Endpoint]
    private let door: CloudDoor
    private let access: Renewed<Bool, Secret>
    private let refresh: Renewed<Registry, Credentials>

    init(settings: CloudSettings, endpoints: [Registry: Endpoint], door: CloudDoor, time: TimeSource) {
        self.settings = settings
        self.endpoints = endpoints
        self.door = door
        access = Renewed(time: time)
        refresh = Renewed(time: time)
    }

    func credentials(for registry: Registry) async throws -> Credentials? {
        guard registry.port == nil || registry.port == 443, Vendor(guessing: registry) == .acr,
            let tenant = settings.variable("AZURE_TENANT_ID"), let client = settings.variable("AZURE_CLIENT_ID"),
            let proof = try proof()
        else { return nil }
        return try await refresh.value(for: registry) { () async throws(CheckFailure) in
            let token = try await access.value(for: true) { () async throws(CheckFailure) in
                try await self.accessToken(tenant: tenant, client: client, proof, for: registry)
            }
            return try await exchange(token, tenant: tenant, at: registry)
        }
    }

    /// What proves that we are the application: its secret, or a token of the cluster that it trusts.
    private func proof() throws(CheckFailure) -> [(String, String)]? {
        if let secret = settings.variable("AZURE_CLIENT_SECRET") { return [("client_secret", secret)] }
        guard let file = settings.variable("AZURE_FEDERATED_TOKEN_FILE") else { return nil }
        guard let token = try? OperatorFile.token(file) else {
            throw CheckFailure(.configuration, "the file AZURE_FEDERATED_TOKEN_FILE cannot be read")
        }
        return [
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", token),
        ]
    }

    /// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    private func accessToken(
        tenant: String, client: String, _ proof: [(String, String)], for registry: Registry
    ) async throws(CheckFailure) -> Renewed<Bool, Secret>.Fresh {
        let path = "/\(FormFields.escaped(tenant, leaving: "-._~"))/oauth2/v2.0/token"
        let place: CloudPlace =
            if let written = settings.variable("AZURE_AUTHORITY_HOST") {
                try .named(written, by: "AZURE_AUTHORITY_HOST").appending(path)
            } else {
                .wellKnown("login.microsoftonline.com", path)
            }
        let fields = [
            ("grant_type", "client_credentials"), ("client_id", client),
            ("scope", "https://containerregistry.azure.net/.default"),
        ]
        let token = try await door.post(fields + proof, to: place.url, for: registry, isOperators: place.isOperators)
            .accessToken(from: "Azure's login")
        return .init(value: token.token, lifetime: token.usableFor())
    }

    private func exchange(
        _ token: Secret, tenant: String, at registry: Registry
    ) async throws(CheckFailure) -> Renewed<Registry, Credentials>.Fresh {
        let target = "/oauth2/exchange"
        let url =
            endpoints[registry].map { RemoteURL(origin: $0.origin, target: $0.path + target) }
            ?? CloudPlace.wellKnown(registry.host.lowercased(), target).url
        let fields = [
            ("grant_type", "access_token"), ("service", registry.host.lowercased()), ("tenant", tenant),
            ("access_token", token.text),
        ]
        let found = try await door.post(fields, to: url, for: registry, isOperators: endpoints[registry] != nil)
            .accessToken(from: registry.name, field: "refresh_token")
        // It lasts for three hours; the answer does not say so.
        return .init(value: .identityToken(found.token), lifetime: .seconds(3_600))
    }
}
