import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OCI
import Store

/// What the handlers share. The handlers themselves are its extensions, a file for each part of the site.
struct Site: Sendable {
    let store: TagStore
    let settings: WebSettings
    let clock: @Sendable () -> Timestamp
    let resources: Resources
    let renderer: PageRenderer
    /// The API's description, for programs and for people.
    let document: Asset
    let docs: Asset
    let access: Access
    let addresses: ClientAddress
    let limiter = RateLimiter()
    let views: ViewLog
    /// Longer than some seconds, and somebody who just tracked a tag would wonder.
    private let newestStatus: Refreshed<StoreStatus>
    private let newestGlance: Refreshed<StoreStatus>
    let moved: Refreshed<[OverviewPage.Group]>
    let stopped: Refreshed<[OverviewPage.Group]>
    /// Read by machines every some seconds; older by no more than that.
    let totals: Refreshed<StoreTotals>
    let requests = RequestCounter()
    /// What stands above the first screen: see ``OverviewPage``.
    let hero: String
    let rows = RecentCache<TagRow.Key, TagRow>(capacity: 500)
    let answers: RecentAnswers

    init(
        store: TagStore, settings: WebSettings, clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws(WebError) {
        self.store = store
        self.settings = settings
        self.clock = clock
        resources = try Resources()
        renderer = resources.renderer(version: settings.version)
        let description = try resources.document(version: settings.version, publicURL: settings.publicURL)
        document = Asset(description.json, type: "application/json")
        docs = Asset(
            Data(renderer.html(DocsPage(description.content)).utf8), type: "text/html; charset=utf-8")
        hero = renderer.html(OverviewPage.Hero(settings.presets), template: "hero")
        access = Access(adminToken: settings.adminToken)
        addresses = try ClientAddress(trustedProxies: settings.trustedProxies)
        views = ViewLog(store: store, clock: clock, logger: logger)
        answers = RecentAnswers(store: store, moment: settings.answersLast)
        let glance = Refreshed(every: 3) { try await store.status(at: $0, countsDue: false) }
        newestGlance = glance
        newestStatus = Refreshed(every: 3) { now in
            let status = try await store.status(at: now)
            // Whoever looks at the status and then at a page finds the same.
            glance.keep(status, at: now)
            return status
        }
        totals = Refreshed(every: 10) { _ in try await store.totals() }
        moved = Refreshed(every: 3) { _ in OverviewPage.moved(try await store.tags(.moved).items) }
        stopped = Refreshed(every: 60) { now in
            let tags = try await store.tags(.stopped).items
            return OverviewPage.stopped(try await store.judged(tags, asOf: now), now: now)
        }
    }

    func html(_ page: some Page, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-cache"],
            body: .init(byteBuffer: ByteBuffer(string: renderer.html(page))))
    }

    func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.cacheControl] = "no-cache"
        return JSONBody.response(value, status: status, headers: headers)
    }

    /// Whether the request bears a token that may write.
    /// - Throws: 401 for one that is not known: who sends it believes that he is.
    func isTrusted(_ request: Request) async throws -> Bool {
        if try await access.isTrusted(request, isKnown: { try await store.hasToken(hash: $0, at: clock()) }) {
            return true
        }
        guard Access.bearsToken(request) else { return false }
        throw Problem.unauthorized(
            "The token that was sent is not known here, or was revoked; the site's operator makes one with "
                + "tagbeat token create.")
    }

    /// - Throws: 401 where it does not.
    func requireToken(_ request: Request, to action: String) async throws {
        guard try await !isTrusted(request) else { return }
        throw Problem.unauthorized(
            "It takes a token \(action). Send it as Authorization: Bearer TOKEN; the site's operator makes one with "
                + "tagbeat token create.")
    }

    /// - Throws: 429 for a client that made too much work lately. Who shows a token is not counted.
    /// - Parameter count: how many requests this one is worth.
    func requireBudget(_ request: Request, _ context: SiteContext, count: Int = 1) async throws {
        guard try await !isTrusted(request) else { return }
        let client = addresses.client(of: context.peer, headers: request.headers)
        if let seconds = limiter.take(client, count: count, at: clock()) {
            throw Problem.tooManyRequests(after: seconds)
        }
    }

    /// The state of everything, some seconds old at most where it does not take longer than that to find out.
    func status() async throws -> StoreStatus { try await newestStatus.value(at: clock()) }

    /// The same for a page that can do without, and does not tell what is due.
    func statusAtHand() async throws -> StoreStatus? {
        try await newestGlance.value(at: clock(), within: .milliseconds(100))
    }

    /// The same where it is known already and no older than a minute, for a page that does not wait for it.
    func newStatus() -> StoreStatus? { newestGlance.kept(at: clock(), seconds: 60) }
}
