import NIOCore
import NIOHTTP1
import OCI

/// One listing under way.
actor ListingPager {
    /// A page's tags at most: what one vendor says in one answer can be a whole repository.
    static let pageSize = ListingPage.mostTags

    private enum Place {
        case start
        case next(RemoteURL)
        case token(String)
        case end
    }

    private let service: DigestService
    private let repository: Repository
    private let isUrgent: Bool
    private var way: DigestService.ListingWay?
    private var place = Place.start
    private var seen: Set<RemoteURL> = []
    private var requests = 0
    private var tagCount = 0
    private var hasDigests = false
    /// The rest of an answer that was larger than a page.
    private var rest: ArraySlice<ListedTag> = []
    private var askedAt = Timestamp(seconds: 0)

    init(service: DigestService, repository: Repository, isUrgent: Bool) {
        self.service = service
        self.repository = repository
        self.isUrgent = isUrgent
    }

    func next() async throws(CheckFailure) -> ListingPage? {
        do throws(CheckFailure) {
            if rest.isEmpty, try await !ask() { return nil }
        } catch {
            place = .end
            service.remember { $0.failed(self.repository, error.code, at: $1) }
            throw error
        }
        defer { rest = rest.dropFirst(Self.pageSize) }
        return ListingPage(askedAt: askedAt, tags: Array(rest.prefix(Self.pageSize)))
    }

    /// - Returns: false at the end.
    private func ask() async throws(CheckFailure) -> Bool {
        if case .end = place { return false }
        guard let door = service.door(to: repository.registry), let way = try await currentWay(door) else {
            throw CheckFailure(
                .configuration, "\(repository.registry) has no listing of digests that could be asked for")
        }
        guard requests < service.configuration.limits.bulkPages else {
            throw CheckFailure(.tooLarge, "\(door.host) lists more than \(requests) pages")
        }
        askedAt = .now()
        let tags =
            switch way {
            case .pages(let listing, _): try await ask(listing, door)
            case .describedImages: try await describe(door)
            }
        tagCount += tags.count
        guard tagCount <= service.configuration.limits.bulkTags else {
            throw CheckFailure(
                .tooLarge, "\(door.host) lists more than \(service.configuration.limits.bulkTags) tags")
        }
        hasDigests = hasDigests || tags.contains { $0.digest != nil }
        rest = tags[...]
        if case .end = place { finish() }
        return true
    }

    /// Known while the listing goes on: its reader may leave it at any page.
    private func count() {
        requests += 1
        let count = requests
        service.remember { memory, _ in memory.began(self.repository, requests: count) }
    }

    private func finish() {
        let (count, isUseless) = (requests, tagCount > 0 && !hasDigests)
        service.remember { memory, now in
            memory.completed(self.repository, requests: count)
            if isUseless { memory.saidNothing(self.repository, at: now) }
        }
    }

    private func currentWay(_ door: VendorDoor) async throws(CheckFailure) -> DigestService.ListingWay? {
        if way == nil { way = try await service.listingWay(of: repository, at: door) }
        return way
    }

    // MARK: Vendors that are asked by GET

    private func ask(_ listing: any VendorListing, _ door: VendorDoor) async throws(CheckFailure) -> [ListedTag] {
        var listing = listing
        let found =
            if case .next(let url) = place {
                try await get(url, listing, door)
            } else {
                try await begin(&listing, door)
            }
        // Whatever goes wrong from here on, the listing is over.
        place = .end
        try check(found.answer, door)
        let links = found.answer.headers["Link"]
        let facts = AnswerFacts(
            askedAt: askedAt, link: LinkHeader.next(links), hasLinks: !links.isEmpty,
            total: found.answer.headers.first(name: "X-Total-Count").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil })
        let step: ListingStep
        do {
            step = try listing.read(found.answer.body.readableBytesView, facts)
        } catch {
            throw CheckFailure(.badAnswer, "\(door.host) \(error.description)")
        }
        if let versions = listing as? GitHubVersions, versions.isUser {
            service.remember { memory, _ in memory.noteUser(versions.owner) }
        }
        way = way.map { .pages(listing, tagsPerRequest: $0.tagsPerRequest) }
        if let next = step.next { place = .next(try follow(next, from: found.url, door)) }
        return step.tags
    }

    private func begin(
        _ listing: inout any VendorListing, _ door: VendorDoor
    ) async throws(CheckFailure) -> FollowedAnswer {
        var found = try await get(door.url(listing.start), listing, door)
        while let other = listing.restart(after: found.answer.status) {
            found = try await get(door.url(other), listing, door)
        }
        return found
    }

    private func get(
        _ url: RemoteURL, _ listing: any VendorListing, _ door: VendorDoor
    ) async throws(CheckFailure) -> FollowedAnswer {
        count()
        let limits = service.configuration.limits
        return try await service.ask(
            url, at: door, of: repository, headers: listing.headers,
            limit: listing.isWhole ? limits.bulkWhole : limits.bulkPage, isUrgent: isUrgent, purpose: .bulk)
    }

    private func check(_ answer: HTTPAnswer, _ door: VendorDoor) throws(CheckFailure) {
        switch answer.status {
        case 200: return
        case 404:
            throw CheckFailure(.notFound, "\(door.host) has no repository \(repository.path), or does not list it")
        // GitHub says so that the hour's requests are spent.
        case 403 where answer.headers.first(name: "X-RateLimit-Remaining") == "0":
            throw CheckFailure(
                .rateLimited, "\(door.host) answered 403: too many requests", retryAfter: answer.retryAfter)
        default: throw CheckFailure(status: answer, host: door.host)
        }
    }

    private func follow(
        _ next: ListingStep.Next, from url: RemoteURL, _ door: VendorDoor
    ) throws(CheckFailure) -> RemoteURL {
        let target: RemoteURL
        switch next {
        case .target(let text): target = door.url(text)
        case .link(let text):
            guard let resolved = url.resolving(text) else {
                throw CheckFailure(.badAnswer, "\(door.host) names a next page that is no valid URL")
            }
            guard resolved.origin == url.origin else {
                throw CheckFailure(.badAnswer, "\(door.host) names a next page on another host, which is not followed")
            }
            target = resolved
        }
        seen.insert(url)
        guard !seen.contains(target) else { throw CheckFailure(.badAnswer, "\(door.host) lists pages without end") }
        return target
    }

    // MARK: ECR

    private func describe(_ door: VendorDoor) async throws(CheckFailure) -> [ListedTag] {
        let token: String? = if case .token(let token) = place { token } else { nil }
        place = .end
        count()
        let found = try await service.describeImages(
            of: repository, after: token, isUrgent: isUrgent, purpose: .bulk)
        guard let page = found else {
            throw CheckFailure(.configuration, "\(repository.registry) cannot be asked for its images without AWS keys")
        }
        if let next = page.next {
            guard next != token else { throw CheckFailure(.badAnswer, "\(door.host) lists pages without end") }
            place = .token(next)
        }
        return page.tags
    }
}

extension VendorDoor {
    /// For people.
    var host: String { endpoint.origin.name }

    func url(_ target: String) -> RemoteURL { RemoteURL(origin: endpoint.origin, target: endpoint.path + target) }
}
