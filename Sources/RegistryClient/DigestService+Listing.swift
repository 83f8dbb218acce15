public import OCI
import Synchronization

/// A vendor's listing of a repository's tags with their digests, to be weighed against asking for each tag.
public struct BulkSource: Hashable, Sendable {
    public let vendor: Vendor
    /// Whose budget its requests spend; it may be another host than the registry's.
    public let host: String
    /// About how many of the repository's tags one request answers for.
    public let tagsPerRequest: Int
    /// How many requests a listing of this repository takes: as many as the last one, and at least as many as one that
    /// was left before its end. Nil where there was none so far.
    public let requestsLastTime: Int?
    /// How long the host is still being left alone; zero means that it may be asked now.
    public let pausedFor: Duration
}

extension DigestService {
    /// The listing that this repository's vendor offers; nil where there is none, where the settings forbid it, where
    /// what it needs is not at hand, and for a while after it was asked for in vain.
    public func bulkSource(of repository: Repository) async -> BulkSource? {
        let now = time.now()
        let (isRefused, requests) = bulkMemory.withLock {
            ($0.isRefused(repository, at: now), $0.requests(of: repository))
        }
        guard !isRefused, let door = door(to: repository.registry),
            let way = try? await listingWay(of: repository, at: door)
        else { return nil }
        let hostPort = door.endpoint.origin.hostPort
        return BulkSource(
            vendor: vendor(of: repository.registry), host: hostPort.host, tagsPerRequest: way.tagsPerRequest,
            requestsLastTime: requests, pausedFor: transport.gate(for: hostPort).pause ?? .zero)
    }

    /// The vendor's listing of a repository, a page of at most a thousand tags at a time, as they are asked for.
    ///
    /// A listing that breaks off ends with a `CheckFailure`: what came before it holds, but it is no complete list. Nor
    /// is a complete one proof that a tag is gone, because tags move between pages while they are read. A tag may come
    /// twice: the later page counts. In a cancelled task the stream may end as if it were complete.
    ///
    /// - Parameter urgent: a person waits.
    public func listing(
        of repository: Repository, urgent: Bool = false
    ) -> AsyncThrowingStream<ListingPage, any Error> {
        let pager = ListingPager(service: self, repository: repository, isUrgent: urgent)
        return AsyncThrowingStream { try await pager.next() }
    }

    enum ListingWay: Sendable {
        case pages(any VendorListing, tagsPerRequest: Int)
        case describedImages

        var tagsPerRequest: Int {
            switch self {
            case .pages(_, let count): count
            case .describedImages: ECRImagePage.pageSize
            }
        }
    }

    func listingWay(of repository: Repository, at door: VendorDoor) async throws(CheckFailure) -> ListingWay? {
        switch vendor(of: repository.registry) {
        case .dockerHub:
            DockerHubTags(repository).map { .pages($0, tagsPerRequest: DockerHubTags.pageSize) }
        case .quay: .pages(QuayTags(repository), tagsPerRequest: QuayTags.pageSize)
        case .google: .pages(GoogleTags(repository), tagsPerRequest: configuration.limits.bulkTags)
        case .ecr: await canDescribeImages(of: repository) ? .describedImages : nil
        case .ghcr: try await packageVersions(of: repository, at: door)
        case .acr: .pages(ACRTags(repository), tagsPerRequest: ACRTags.pageSize)
        case .harbor: HarborArtifacts(repository).map { .pages($0, tagsPerRequest: HarborArtifacts.pageSize / 2) }
        case .generic, .gitlab, .chainguard: nil
        }
    }

    /// GitHub lists nothing without a token, not even what is public.
    private func packageVersions(
        of repository: Repository, at door: VendorDoor
    ) async throws(CheckFailure) -> ListingWay? {
        guard try await bulkAuthorization(for: door.url("/"), of: repository.registry) != nil else { return nil }
        let listing = GitHubVersions(repository) { owner in bulkMemory.withLock { $0.isUser(owner) } }
        // Most versions are the platforms' manifests and what was overwritten.
        return listing.map { .pages($0, tagsPerRequest: GitHubVersions.pageSize / 10) }
    }
}

extension DigestService {
    /// For how long a repository's listing is not asked for any more after it failed; nil where it may be.
    public func listingPause(of repository: Repository) -> Duration? {
        let now = time.now()
        return bulkMemory.withLock { $0.refusal(of: repository, at: now) }
    }

    /// The budget of a registry's host; infinity where there is no limit.
    public func requestsPerSecond(of registry: Registry) -> Double {
        let rate = configuration.registries[registry]?.requestsPerSecond ?? configuration.requestsPerSecond
        return rate > 0 ? rate : .infinity
    }

    /// Whether repositories of this registry may have a listing; without asking anybody.
    public func mayListInBulk(_ registry: Registry) -> Bool {
        switch vendor(of: registry) {
        case .generic, .gitlab, .chainguard: false
        case .dockerHub, .ghcr, .quay, .google, .ecr, .acr, .harbor: door(to: registry) != nil
        }
    }
}
