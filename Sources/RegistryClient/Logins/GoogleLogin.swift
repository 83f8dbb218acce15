import NIOHTTP1
import OCI

/// Access tokens for gcr.io and pkg.dev: of a service account's or a user's file, or of the machine's own account.
final class GoogleLogin: CredentialSource {
    private let settings: CloudSettings
    /// Registries of other names that the operator says are Google's.
    private let named: Set<Registry>
    private let door: CloudDoor
    private let tokens: Renewed<Bool, Credentials?>

    init(settings: CloudSettings, named: Set<Registry>, door: CloudDoor, time: TimeSource) {
        self.settings = settings
        self.named = named
        self.door = door
        tokens = Renewed(time: time)
    }

    /// The token is for Google's own hosts alone.
    static func isGoogles(_ registry: Registry) -> Bool {
        (registry.port == nil || registry.port == 443) && Vendor(guessing: registry) == .google
    }

    func credentials(for registry: Registry) async throws -> Credentials? {
        guard Self.isGoogles(registry) || named.contains(registry) else { return nil }
        return try await tokens.value(for: true) { () async throws(CheckFailure) in
            guard let token = try await token(for: registry) else { return .init(value: nil, lifetime: .seconds(60)) }
            // https://cloud.google.com/artifact-registry/docs/docker/authentication#token
            return .init(
                value: .password(username: "oauth2accesstoken", password: token.token),
                lifetime: token.usableFor(otherwise: 600))
        }
    }

    private func token(for registry: Registry) async throws(CheckFailure) -> AccessToken? {
        guard let bytes = try file() else { return try await machinesOwn(for: registry) }
        let account = try GoogleAccount(parsing: bytes)
        var url = GoogleAccount.tokenURL
        if case .service(let service) = account { url = service.tokenURL }
        let place: CloudPlace =
            url == GoogleAccount.tokenURL
            ? .wellKnown("oauth2.googleapis.com", "/token") : try .named(url, by: "the service account's token_uri")
        return try await door.post(
            try await account.fields(at: door.now()), to: place.url, for: registry,
            isOperators: place.isOperators
        )
        .accessToken(from: "Google's token service")
    }

    private func file() throws(CheckFailure) -> [UInt8]? {
        if let path = settings.variable("GOOGLE_APPLICATION_CREDENTIALS") {
            guard let bytes = try? OperatorFile.bytes(settings.path(path)) else {
                throw GoogleAccount.unusable("cannot be read")
            }
            return bytes
        }
        // What `gcloud auth application-default login` writes.
        let folder = settings.variable("CLOUDSDK_CONFIG") ?? "~/.config/gcloud"
        return try? OperatorFile.bytes(settings.path(folder) + "/application_default_credentials.json")
    }

    /// https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
    private func machinesOwn(for registry: Registry) async throws(CheckFailure) -> AccessToken? {
        let host = settings.variable("GCE_METADATA_HOST")
        guard host != nil || settings.isOnGoogle else { return nil }
        let place = try CloudPlace.named(
            "http://" + (host ?? "metadata.google.internal"), by: "GCE_METADATA_HOST", mayBePlain: true)
        let answer = try await door.ask(
            .GET, place.appending("/computeMetadata/v1/instance/service-accounts/default/token").url, for: registry,
            isOperators: true, headers: [("Metadata-Flavor", "Google")])
        // A machine without an account.
        if answer.status == 404 { return nil }
        return try answer.accessToken(from: "Google's metadata server")
    }
}
