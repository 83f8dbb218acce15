import Foundation
import OCI
import Store
import TagHistory

/// Times what the store does, through the same functions as worker and pages use.
struct StoreMeasurement {
    let store: TagStore
    let end: Timestamp
    let runs: Int
    /// Only what begins like one of these; empty: all.
    let only: [String]
    private(set) var figures: [String: Figure] = [:]

    struct Figure: Encodable {
        /// The median.
        let milliseconds: Double
        /// Of a list's page: a site of a hundred times as many tags fills one with what the other has few of.
        var rows: Int?
    }

    init(store: TagStore, end: Timestamp, runs: Int, only: [String]) {
        (self.store, self.end, self.runs, self.only) = (store, end, runs, only)
    }

    private static let claiming = "claim of 1,000 due tags"
    private static let recording = "record of 1,000 unchanged"

    mutating func all() async throws {
        let store = store
        try await time("round trip") { _ in try await store.ping() }
        if [Self.claiming, Self.recording].contains(where: isWanted) { try await worker() }
        try await oneTag()
        try await lists()
        try await searches()
        try await time("count of tags") { _ in _ = try await store.trackedCount() }
        try await time("counts of changes and states") { _ in _ = try await store.counts() }
    }

    /// A batch of due tags that turn out unchanged, a day later, when all are due: as often as there are so many, and no
    /// oftener than once a second, as where a thousand are checked a second. The first ones are not counted: a worker's
    /// session has met most of a site's pages.
    private mutating func worker() async throws {
        let now = end.advanced(bySeconds: 86_400)
        let lanes = try await store.lanes(at: now)
        guard let lane = lanes.first(where: { $0.registry == .dockerHub }) ?? lanes.first else { return }
        let worker = try await store.beginWorker(name: "measure", at: now)
        var (claiming, recording): ([Double], [Double]) = ([], [])
        let unmeasured = min(40, try await store.trackedCount() / 10_000)
        for run in 0..<runs + unmeasured {
            let at = now.advanced(bySeconds: Double(run))
            let start = ContinuousClock.now
            let claims = try await store.claimDue(
                registryID: lane.registryID, worker: worker, limit: 1_000, lease: 600,
                window: ClaimWindow(everythingDueAt: at, now: at))
            let claimed = ContinuousClock.now
            let listed = try await store.listedTags(claims.map(\.reference))
            let digests = Dictionary(uniqueKeysWithValues: listed.map { ($0.claim.tagID, $0.digest) })
            let results: [CheckResult] = claims.compactMap { claim in
                digests[claim.tagID].flatMap(\.self).map {
                    CheckResult(
                        claim: claim, answer: .found($0, mediaType: nil, pushedAt: nil), startedAt: at, checkedAt: at)
                }
            }
            // Tags that are missing come back.
            let returned = results.filter(\.claim.isMissing)
            let unchanged = results.filter { !$0.claim.isMissing }
            let began = ContinuousClock.now
            let outcomes = try await store.record(unchanged, worker: worker, policy: .adaptive)
            let ended = ContinuousClock.now
            _ = try await store.record(returned, worker: worker, policy: .adaptive)
            guard outcomes[.unchanged, default: 0] > 900 else { break }
            try await Task.sleep(until: start + .seconds(1), clock: .continuous)
            guard run >= unmeasured else { continue }
            claiming.append((claimed - start).milliseconds)
            recording.append((ended - began).milliseconds)
        }
        await worker.end()
        guard !claiming.isEmpty else { return }
        figures[Self.claiming] = Figure(milliseconds: claiming.median)
        figures[Self.recording] = Figure(milliseconds: recording.median)
    }

    private mutating func oneTag() async throws {
        let (store, end) = (store, end)
        let first = try await store.tags(TagQuery()).items
        var query = TagQuery()
        (query.sort, query.descending) = (.changes, true)
        let tags = first + (try await store.tags(query).items)
        guard !tags.isEmpty else { return }
        try await time("a tag's history") { run in _ = try await store.history(of: tags[run % tags.count].id) }
        try await time("a tag's page of changes") { run in
            _ = try await store.changes(of: tags[run % tags.count].reference, limit: 50, cursor: nil)
        }
        try await time("a tag with its statistics") { run in
            guard let tag = try await store.tag(tags[run % tags.count].reference) else { return }
            _ = Statistics(
                changes: try await store.history(of: tag.id), firstSeenAt: tag.firstSeenAt,
                lastSucceededAt: tag.lastSucceededAt, asOf: end)
        }
    }

    private mutating func lists() async throws {
        let store = store
        for sort in [TagSort.name, .changes30d, .interval, .lastChanged] {
            try await time("overview by \(sort.rawValue)") { _ in
                var query = TagQuery()
                (query.sort, query.descending, query.limit) = (sort, sort != .name, 50)
                return try await store.tags(query).items.count
            }
        }
        try await time("overview of missing tags") { _ in
            var query = TagQuery()
            (query.state, query.limit) = (.missing, 50)
            return try await store.tags(query).items.count
        }
        try await time("newest changes") { _ in
            try await store.changes(limit: 50, cursor: nil).items.count
        }
    }

    private mutating func searches() async throws {
        let store = store
        let texts = [
            "python", "cache", "core-python", "lake0", "zzzzz", "3.1", "a", "py", "-q", ".", "qx", "zq", "~",
        ]
        for text in texts {
            for sort in [TagSort.name, .changes, .lastChanged] {
                try await time("search \(text) by \(sort.rawValue)") { _ in
                    var query = TagQuery()
                    (query.text, query.sort, query.descending, query.limit) = (text, sort, sort != .name, 50)
                    return try await store.tags(query).items.count
                }
            }
        }
    }

    private func isWanted(_ name: String) -> Bool { only.isEmpty || only.contains { name.hasPrefix($0) } }

    private mutating func time(_ name: String, _ body: (Int) async throws -> Void) async throws {
        try await time(name) { run in
            try await body(run)
            return nil
        }
    }

    /// - Parameter body: its rows, if it has some.
    private mutating func time(_ name: String, _ body: (Int) async throws -> Int?) async throws {
        guard isWanted(name) else { return }
        Console.progress(name)
        var (times, rows): ([Double], Int?) = ([], nil)
        for run in 0..<runs + 2 {
            let start = ContinuousClock.now
            rows = try await body(run)
            if run >= 2 { times.append((ContinuousClock.now - start).milliseconds) }
        }
        figures[name] = Figure(milliseconds: times.median, rows: rows)
    }
}

extension Duration {
    fileprivate var milliseconds: Double {
        Double(components.seconds) * 1_000 + Double(components.attoseconds) / 1e15
    }
}

extension [Double] {
    fileprivate var median: Double { isEmpty ? .nan : sorted()[count / 2] }
}
