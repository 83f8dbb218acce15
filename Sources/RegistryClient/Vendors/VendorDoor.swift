import NIOHTTP1
import NIOSSL
import OCI

/// Where a vendor's own API answers for one registry, and by what way it is asked.
struct VendorDoor: Sendable {
    let endpoint: Endpoint
    /// Through the registry's lane, which answers its challenges; else straight, with `bulkAuthorization`.
    let isLane: Bool
    /// What a chain of requests that begins here is.
    let trust: Trust
    let tls: TLSConfiguration?
}

extension Vendor {
    /// The host of an API that does not answer at the registry's own.
    fileprivate var apiHost: String? {
        switch self {
        case .dockerHub: "hub.docker.com"
        case .ghcr: "api.github.com"
        default: nil
        }
    }

    /// Whether its API wants the tokens that the registry's challenges lead to.
    ///
    /// Quay's and Harbor's APIs take a registry's token for a wrong one of their own.
    fileprivate var isChallenged: Bool { [.google, .acr, .chainguard].contains(self) }

    /// What a token must allow for its API.
    fileprivate var action: String { self == .acr ? "metadata_read" : "pull" }
}

extension DigestService {
    func vendor(of registry: Registry) -> Vendor {
        configuration.registries[registry]?.vendor ?? Vendor(guessing: registry)
    }

    /// Nil where the operator wants no vendor API asked, and where the registry is asked at a mirror whose vendor API is
    /// not named: what the vendor says is not what the mirror has.
    func door(to registry: Registry) -> VendorDoor? {
        let (settings, vendor, lane) = (configuration.registries[registry], vendor(of: registry), lane(for: registry))
        switch settings?.bulkEndpoint ?? .usual {
        case .none: return nil
        case .at(let endpoint):
            let isOwn = lane.owns(endpoint.origin)
            return VendorDoor(
                endpoint: endpoint, isLane: isOwn && vendor.isChallenged, trust: .trusted,
                tls: isOwn ? lane.tls : lane.tls?.withoutCertificate)
        case .usual:
            guard let host = vendor.apiHost else {
                return VendorDoor(
                    endpoint: lane.endpoint, isLane: vendor.isChallenged, trust: lane.trust, tls: lane.tls)
            }
            guard lane.isAtUsualPlace else { return nil }
            return VendorDoor(
                endpoint: Endpoint(origin: Origin(scheme: .https, host: host, port: 443)), isLane: false,
                trust: .guarded, tls: nil)
        }
    }

    /// Asks a vendor's API, redirects followed. Only the endpoint's own origin is ever shown anything.
    func ask(
        _ url: RemoteURL, at door: VendorDoor, of repository: Repository, headers: [(String, String)], limit: Int,
        isUrgent: Bool, purpose: RequestPurpose
    ) async throws(CheckFailure) -> FollowedAnswer {
        if door.isLane {
            return try await lane(for: repository.registry).ask(
                .GET, url, of: repository, action: vendor(of: repository.registry).action, accept: "application/json",
                limit: limit, isUrgent: isUrgent, purpose: purpose)
        }
        var question = HTTPQuestion(
            url: url, headers: HTTPHeaders([("User-Agent", configuration.userAgent)] + headers), bodyLimit: limit,
            trust: door.trust, tls: url.origin == door.endpoint.origin ? door.tls : nil, isUrgent: isUrgent,
            purpose: purpose, registry: repository.registry)
        guard url.origin == door.endpoint.origin,
            let shown = try await bulkAuthorization(for: url, of: repository.registry)
        else { return try await transport.follow(question) }
        question.headers.add(name: "Authorization", value: shown.text)
        let first = try await transport.follow(question)
        // A login runs out; what is fixed is not tried twice.
        guard first.answer.status == 401, first.url.origin == url.origin,
            let other = try await bulkAuthorization(for: url, of: repository.registry, rejected: shown)
        else { return first }
        question.headers.replaceOrAdd(name: "Authorization", value: other.text)
        return try await transport.follow(question)
    }
}

extension TLSConfiguration {
    /// Trusts the same authorities and shows no certificate: that is for the registry's own endpoint alone.
    fileprivate var withoutCertificate: TLSConfiguration {
        var copy = self
        copy.certificateChain = []
        copy.privateKey = nil
        return copy
    }
}
