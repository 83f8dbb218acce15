import Foundation
import LibPQ
import OCI
import TagHistory
import TestSupport
import Testing

@testable import Store

/// Every statement of this room against the real PostgreSQL: none may be left out.
@Suite(.throttled) struct StatementTests {
    static func statements() throws -> [any Statement] {
        let app = try reference("app:1")
        let digest = try digest("A")
        let lane = LaneSchedule(requestsPerDay: 1, tags: 1, at: hour(0))
        let batch = ScheduleBatch(lane: lane, repositories: [:])
        let schedule = TagSchedule(firstSeenAt: hour(0), in: RepositorySchedule(), lane: lane, chance: 0)
        let window = ClaimWindow(.adaptive, lane: lane, at: hour(0))
        let listing = ListingClaim(
            repository: app.repository, repositoryID: 1, registryID: 1, previous: nil, wholeAt: nil, listing: nil,
            burst: 0, failures: 0)
        let next = NextListing(
            listing, .read(requests: 1, answered: 9, found: 1, isWhole: true), batch: batch, startedAt: hour(0),
            at: hour(0))
        let claim = Claim(
            tagID: 1, registryID: 1, reference: app, digestID: 1, digestHead: DigestHead(digest), isMissing: false,
            failures: 0, lastSucceededAt: nil, repositoryID: 1, schedule: schedule, requestIDs: [1],
            place: RowPlace(page: 0, item: 1))
        let result = CheckResult(
            claim: claim, answer: .found(digest, mediaType: .ociIndex, pushedAt: nil), startedAt: hour(0),
            checkedAt: hour(0))
        let update = TagCheckUpdate(
            id: 1, tagState: .failing, state: .init(digest: digest, lastSucceededAt: hour(0)), failures: 1,
            lastCheckedAt: hour(0), nextCheckAt: nil, failureReason: "no")
        let row = ChangeRow(
            tagID: 1, ordinal: 0, change: Change(digest: digest, kind: .first, source: .observed, observedAt: hour(0)))
        let summary = TagSummary(
            id: 1, history: [row.change], firstSeenAt: hour(0), lastSucceededAt: hour(0), at: hour(0))
        let position = ChangePosition(observedAt: hour(0), tagID: 1, ordinal: 0)
        var report = HostReport(host: "registry.test:443", requestsPerSecond: 10, capacity: 2)
        report.news = .paused(seconds: 1, failures: 1, reason: "x", isHostsWish: true)
        report.quota = .seen(limit: 100, remaining: 1, windowSeconds: 1, resetsInSeconds: 1, ageSeconds: 1)
        let request = CheckRequest(id: 1, reference: app)
        let linux = Platform(os: "linux", architecture: "amd64")
        let entry = PlatformDigest(platform: linux, digest: digest)
        let content = Content(
            digest: digest, mediaType: .ociIndex, isIndex: true, platforms: [entry],
            images: [.init(digest: digest, layers: [digest])])
        let reading = ContentClaim(
            digest: digest, repository: app.repository, isPart: false, tries: 0, isSettled: false, digestID: 1, asked: 1
        )
        let wanted = [WantedContent(digest: digest, tagID: 1, nextAt: hour(0))]
        return [
            Ping(), LockMigrations(), AppliedMigrations(),
            RecordMigration(migration: Migration(version: 999, name: "x", text: "")),
            InsertRegistries(names: ["registry.test"]), InsertRepositories(repositories: [app.repository]),
            InsertTagNames(names: ["x"]),
            InsertTags(references: [app], origin: .visitor, now: hour(0)),
            Retrack(references: [app], origin: .visitor, now: hour(0)),
            TakeOverDiscovered(references: [app], origin: .operator),
            RaiseNewest(newest: ["registry.test/app:": hour(0)]),
            HasNoTags(), CountTracked(), SelectSomeNames(count: 1),
            NoteViewed(references: [app], now: hour(0)),
            InsertWorker(name: "worker", now: hour(0)), SelectWorkers(), FreeLostClaims(now: hour(0)),
            SelectLanes(now: hour(0)),
            ClaimDue(registryID: 1, workerID: 1, limit: 1, window: window, expiresAt: hour(1)),
            ReleaseClaims(tagIDs: [1], workerID: 1), SelectRepositoryNames(ids: [1]),
            InsertRequest(reference: app, now: hour(0)),
            ClaimRequested(workerID: 1, limit: 1, expiresAt: hour(1)), LockTags(ids: [1]), CheckAgain(ids: [1]),
            SelectLockedTags(ids: [1]),
            InsertMediaTypes(mediaTypes: [.ociIndex]), InsertDigests(digests: [digest], mediaTypes: [nil]),
            SelectDigestIDs(digests: [digest]), SetMediaTypes(digests: [digest], mediaTypes: [.ociIndex]),
            InsertChanges(rows: [row], digestIDs: [digest: 1]), UpdateTagChecks(updates: [update]),
            UpdateStates(updates: [update]), InsertFailures(updates: [update]),
            RecordUnchanged(results: [result], schedules: [1: schedule]), ForgetSchedules(ids: [1]),
            InsertLane(registryID: 1, lane: lane, now: hour(0)), LockLane(registryID: 1),
            CountLane(registryID: 1, lane: lane), UpdateLane(registryID: 1, lane: lane, meanDelay: nil, now: hour(0)),
            BringChecksForward(registryID: 1, interval: 60, now: hour(0)),
            BringListingsForward(registryID: 1, interval: 60, now: hour(0)), SelectLaneSchedules(ids: [1]),
            SelectRepositorySchedules(ids: [1]),
            InsertRepositorySchedules(places: [(1, 1)]), LockRepositorySchedules(ids: [1]),
            UpdateRepositorySchedules(rows: [(1, RepositorySchedule())]), SelectSiblings(repositoryID: 1),
            UpdateBoosted(tags: [(1, schedule)]), AddCredits(credits: [(1, 1)]),
            PlaceListing(repository: app.repository),
            ClaimListing(repositoryID: 1, workerID: 1, until: hour(1), now: hour(0)),
            MayList(repositoryID: 1, now: hour(0)),
            ClaimDueListing(registryID: 1, workerID: 1, until: hour(1), window: window),
            KeepListing(repositoryID: 1, workerID: 1, until: hour(1)),
            EndListing(claim: listing, next: next, workerID: 1),
            PullLeftOut(repositoryID: 1, before: hour(0), clock: hour(0)),
            ReleaseSwept(repositoryID: 1, batch: batch, now: hour(0)),
            SpreadContents(registryID: 1, seconds: 10, now: hour(0)),
            SelectBorne(pairs: [(1, 1)]), SelectRecordedChanges(results: [result]), UpdateKnowledge(updates: [update]),
            UpdateSummaries(summaries: [summary]), SelectAgeing(after: 0, limit: 1),
            SelectOutdated(definition: 2, limit: 1), NoteDefinition(definition: 2, last: 1), FoldTagCounts(),
            FoldCheckCounts(before: hour(0)), FoldRequestCounts(before: hour(0)),
            CountChecks(results: [result], batch: BatchOutcome(outcomes: [1: .changed])),
            SelectWhetherAwaited(),
            FinishRequests(results: [result], batch: BatchOutcome(outcomes: [1: .changed])),
            SelectReport(request: request), DeleteOldRequests(now: hour(0)), Notify(signal: .work),
            SelectHistories(ids: [1], includeSame: true), SelectOutlines(ids: [1]), SelectPulses(ids: [1]),
            SelectHistoryPart(id: 1, includeSame: true, after: hour(0), limit: 1),
            SelectNewestRow(id: 1, mustBeSeen: true),
            SelectTagChanges(reference: app, after: position, limit: 1),
            SelectRecentChanges(after: position, limit: 1), SelectTag(reference: app), SelectTagState(reference: app),
            try SelectTags(TagQuery()),
            try SelectTags(TagQuery(), .first(1)), try SelectTags(TagQuery(), .index), SelectTagsByID(ids: [1]),
            SelectOfShapes(ranges: [try #require(ShapeRange(app))], seenBy: hour(0)),
            SelectExported(after: app, limit: 1), CountStates(), SelectLaneStatus(now: hour(0), countsDue: true),
            SelectLaneStatus(now: hour(0), countsDue: false),
            SelectDays(now: hour(0)), DeleteFailures(ids: [1]), DeleteChanges(rows: [row]), DeleteUnseen(ids: [1]),
            Untrack(reference: app), EndWorker(id: 1),
            SelectIdentity(), SelectTagIDs(references: [app]), ReserveTags(references: [app]),
            InsertImportedTags(summaries: [], tags: [:], now: hour(0)),
            InsertImportedChecks(updates: [], tags: [:], firstSeenAt: [:], now: hour(0)),
            FetchUpdates(), FetchImages(), SelectMonitorState(),
            SetViewed(tags: [(app, hour(0))], new: [app], now: hour(0)),
            SelectBearingTags(digest: digest, after: app, limit: 1),
            SelectIndexesHolding(digest: digest), SelectExportedTag(reference: app),
            SelectRepositoryTags(repository: app.repository, limit: 1), SelectTagsNamed(references: [app]),
            SelectHoldersOfEach(digests: [digest]), SelectRepositoryChanges(repository: app.repository, limit: 1),
            CountTags(repositories: [app.repository], workerID: 1, limit: 1, window: window),
            SelectListed(references: [app]), SelectAnswered(ids: [1], since: hour(0)),
            InsertBackfills(ids: [1], now: hour(0)),
            ClaimBackfills(limit: 1, excluded: ["a.test"], now: hour(0), retryAt: hour(1)), DeleteBackfills(ids: [1]),
            PostponeBackfills(ids: [1], time: hour(1)), SelectCreation(digest: digest),
            InsertFollowed(repositories: [app.repository], now: hour(0)),
            ClaimFollowed(repositories: [app.repository], now: hour(0), retryAt: hour(1)),
            UpdateFollowed(
                repository: app.repository, listed: 1, selected: 1, failure: nil, next: hour(1), now: hour(0)),
            UntrackDiscovered(references: [app]),
            RetireUnviewed(since: hour(0), now: hour(1)), IsRetired(reference: app),
            SelectOffered(repository: app.repository),
            AskOffered(repository: app.repository, now: hour(0), triedBefore: hour(0), listedBefore: hour(0)),
            ClaimOffered(now: hour(0), until: hour(1)),
            UpdateOffered(repository: app.repository, listing: .tags([app.tag]), now: hour(0)),
            DeleteOffered(before: hour(0)), SelectTotals(), SelectRequestTotals(),
            InsertToken(name: "ci", hash: ByteString(Array(repeating: 1, count: 32)), now: hour(0)), SelectTokens(),
            UseToken(hash: ByteString(Array(repeating: 1, count: 32)), now: hour(0)), DeleteToken(name: "ci"),
            SelectDiscovered(repository: app.repository), SelectFollowed(),
            InsertHost(host: "registry.test:443"), ExchangeHost(report: report), DeleteIdleHosts(),
            CountRequests(
                requests: [
                    SpentRequests(
                        registry: app.registry, host: "registry.test:443", kind: .check, count: 1)
                ], now: hour(0)), SelectHosts(), SelectSpent(now: hour(0)),
            PostponeChecks(checks: [PostponedCheck(claim: claim, pause: 1, reason: "x")], workerID: 1, now: hour(0)),
            FailPostponedRequests(
                checks: [PostponedCheck(claim: claim, pause: 1, reason: "x")], now: hour(0)),
            QueueContents(wanted: wanted), SelectContentLanes(),
            ClaimContents(registryID: 1, limit: 1, now: hour(1), until: hour(2)),
            PostponeContent(claim: reading, time: hour(1), tries: 1), FinishContent(claim: reading, now: hour(1)),
            QueueUnread(after: 0, limit: 1, now: hour(0)), QueueAwaited(tagIDs: [1], now: hour(0)),
            InsertPlatforms(names: ["linux/amd64"]),
            SelectPlatformIDs(names: ["linux/amd64"]), InsertPlatformSets(literals: ["{1}"]),
            SelectPlatformSetIDs(literals: ["{1}"]), HasLayers(digest: digest), DeletePlatforms(digest: digest),
            InsertDigestPlatforms(rows: [(digest, entry)]), InheritPlatform(digest: digest),
            InsertContents(content: content), InsertTold(digests: [digest]),
            InsertUnknown(digestID: 1, isGone: true, reason: "no"), SelectWithoutContent(digests: [digest]),
            SelectFacts(digests: [digest]), SelectPlatformImages(tagID: 1),
            InsertFacts(facts: [(digest, ImageFacts(version: "1"))]),
            SelectKnowledge(digests: [digest]), SelectHolders(digests: [digest]),
            SelectBearers(digests: [digest], after: 0, limit: 1),
            UpdateClassifications(rows: [row], setIDs: [:]),
        ]
    }

    static func run<S: Statement>(_ statement: S, on connection: Connection) async throws {
        try await connection.run(statement)
    }

    @Test func allOfThemRun() async throws {
        let store = try await TestDatabase.migratedStore(maximumConnections: 1)
        defer { store.close() }
        try await store.pool.withConnection { connection in
            // As in Docker Tag Monitor's database.
            try await connection.runScript(
                "CREATE TEMPORARY TABLE image_update (scraped_at timestamptz); DECLARE updates CURSOR WITH HOLD FOR SELECT '', '', '', now(), '' LIMIT 0;"
                    + "DECLARE images CURSOR WITH HOLD FOR SELECT '', '', '', now(), '' LIMIT 0")
            for statement in try Self.statements() { try await Self.run(statement, on: connection) }
        }
    }

    @Test func noneIsLeftOut() throws {
        let folder = URL(filePath: #filePath).appending(path: "../../../Sources/Store").standardizedFileURL
        var names: Set<String> = []
        for file in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where file.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            for match in text.matches(of: /struct (\w+): Statement/) { names.insert(String(match.1)) }
        }
        #expect(names.count > 50)
        #expect(Set(try Self.statements().map { "\(type(of: $0))" }) == names)
    }
}
