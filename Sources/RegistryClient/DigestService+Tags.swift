import NIOCore
import NIOHTTP1
public import OCI

extension DigestService {
    /// A repository's tags, a page at a time as they are asked for.
    ///
    /// A listing that breaks off ends with a `CheckFailure`: the tags before it are no complete list. What is no valid
    /// tag is left out.
    public func tags(of repository: Repository, urgent: Bool = false) -> AsyncThrowingStream<[Tag], any Error> {
        let pager = TagPager(service: self, repository: repository, isUrgent: urgent)
        return AsyncThrowingStream { try await pager.next() }
    }
}

// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
private actor TagPager {
    private enum Place {
        /// Page sizes still to be tried: some registries refuse large ones.
        case start
        case next(RemoteURL)
        case end
    }

    private static let sizes = ["?n=1000", "?n=100", ""]

    private let service: DigestService
    private let repository: Repository
    private let isUrgent: Bool
    private var place = Place.start
    private var seen: Set<RemoteURL> = []
    private var tagCount = 0

    init(service: DigestService, repository: Repository, isUrgent: Bool) {
        self.service = service
        self.repository = repository
        self.isUrgent = isUrgent
    }

    func next() async throws(CheckFailure) -> [Tag]? {
        let lane = service.lane(for: repository.registry)
        let found: FollowedAnswer
        switch place {
        case .end: return nil
        case .start: found = try await first(lane)
        case .next(let url):
            found = try await lane.ask(
                .GET, url, of: repository, accept: "application/json", limit: service.configuration.limits.tagListPage,
                isUrgent: isUrgent, purpose: .tags)
        }
        // Whatever goes wrong from here on, the listing is over.
        place = .end
        let page = try read(found.answer, host: lane.hostName)
        if let link = LinkHeader.next(found.answer.headers["Link"]) {
            place = .next(try follow(link, from: found.url, host: lane.hostName))
        }
        return page
    }

    private func first(_ lane: RegistryLane) async throws(CheckFailure) -> FollowedAnswer {
        let path = "/v2/" + repository.path + "/tags/list"
        var refused: FollowedAnswer?
        for size in Self.sizes {
            let found = try await lane.ask(
                .GET, path + size, of: repository, accept: "application/json",
                limit: service.configuration.limits.tagListPage, isUrgent: isUrgent, purpose: .tags)
            guard found.answer.status == 400 || found.answer.status == 405 else { return found }
            refused = found
        }
        guard let refused else { throw CheckFailure(.badAnswer, "\(lane.hostName) lists no tags") }
        return refused
    }

    private func read(_ answer: HTTPAnswer, host: String) throws(CheckFailure) -> [Tag] {
        switch answer.status {
        case 200: break
        case 404: throw CheckFailure(.notFound, "\(host) has no repository \(repository.path), or does not show it")
        default: throw CheckFailure(status: answer, host: host)
        }
        guard let page = TagListPage(parsing: answer.body.readableBytesView) else {
            throw CheckFailure(.badAnswer, "\(host) answered with something that is not a list of tags")
        }
        tagCount += page.count
        guard tagCount <= service.configuration.limits.tagListTags else {
            throw CheckFailure(.tooLarge, "\(host) lists more than \(service.configuration.limits.tagListTags) tags")
        }
        return page.tags
    }

    private func follow(_ link: String, from url: RemoteURL, host: String) throws(CheckFailure) -> RemoteURL {
        guard let next = url.resolving(link) else {
            throw CheckFailure(.badAnswer, "\(host) names a next page that is no valid URL")
        }
        guard next.origin == url.origin else {
            throw CheckFailure(.badAnswer, "\(host) names a next page on another host, which is not followed")
        }
        seen.insert(url)
        guard !seen.contains(next), seen.count < service.configuration.limits.tagListPages else {
            throw CheckFailure(.badAnswer, "\(host) lists pages without end")
        }
        return next
    }
}
