import LibPQ
import OCI
import TagHistory
import TestSupport
import Testing

@testable import Store

/// The adaptive schedule as the store keeps it.
@Suite(.throttled) struct ScheduleStoreTests {
    /// What of a tag's row decides about its next check.
    struct SelectScheduleRow: Statement {
        struct Row: Sendable {
            let schedule: TagSchedule?
            let nextCheckAt: Timestamp
        }
        let reference: TagReference
        static let sql: SQL =
            "SELECT " + TagSchedule.columns
            + ", c.next_check_at FROM " + TagKeys.tables + " JOIN tag_checks c ON c.tag_id = t.id WHERE "
            + TagKeys.isNamed
        func bind(_ parameters: inout Parameters) { parameters.append(reference) }
        static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
            Row(schedule: try TagSchedule.decode(&row), nextCheckAt: try row.next())
        }
    }

    /// A lane of ten tags of one repository, led as a worker leads it.
    struct Lane: Sendable {
        let store: TagStore
        let session: WorkerSession
        let policy = CheckPolicy.adaptive

        init(tags: Int = 10) async throws {
            store = try await TestDatabase.migratedStore()
            try await store.track((0..<tags).map { try reference("app:\($0)") }, origin: .operator, at: hour(0))
            session = try await store.beginWorker(name: "worker", at: hour(0))
            try await steer(at: 0)
        }

        func steer(at time: Double) async throws {
            let lanes = try await store.lanes(at: hour(time))
            // Ten requests an hour.
            try await store.steer(
                lanes.map { LaneBudget(registryID: $0.registryID, requestsPerSecond: 10 / 3_600) }, policy: policy,
                at: hour(time))
        }

        func claims(at time: Double, limit: Int = 100) async throws -> [Claim] {
            var claims: [Claim] = []
            for lane in try await store.lanes(at: hour(time)) {
                claims += try await store.claimDue(
                    registryID: lane.registryID, worker: session, limit: limit, lease: 60,
                    window: ClaimWindow(policy, lane: lane.schedule, at: hour(time)))
            }
            return claims
        }

        func record(
            _ claims: [Claim], at time: Double, way: ScheduledCheck.Way = .turn, _ digestOf: (String) -> String
        ) async throws {
            _ = try await store.record(
                claims.map {
                    CheckResult(
                        claim: $0,
                        answer: .found(
                            try digest(digestOf($0.reference.tag.name)), mediaType: nil, pushedAt: nil),
                        startedAt: hour(time), checkedAt: hour(time), way: way)
                }, worker: session, policy: policy)
        }

        func row(_ tag: String) async throws -> SelectScheduleRow.Row {
            try #require(try await store.pool.first(SelectScheduleRow(reference: try reference("app:\(tag)"))))
        }

        func schedule(of tag: String) async throws -> TagSchedule { try #require(try await row(tag).schedule) }
    }

    @Test func aNewTagBeginsSomewhereWithinItsInterval() async throws {
        let lane = try await Lane()
        defer { lane.store.close() }
        try await lane.record(try await lane.claims(at: 0), at: 0) { _ in "A" }
        var times: Set<Timestamp> = []
        for tag in 0..<10 {
            let schedule = try await lane.schedule(of: "\(tag)")
            #expect(abs(schedule.rate - 0.038) < 0.001 && schedule.changes == 0 && schedule.reason == .ordinary)
            #expect(schedule.nextCheckAt >= hour(0) && schedule.nextCheckAt < hour(2))
            times.insert(schedule.nextCheckAt)
        }
        #expect(times.count == 10)
        // What was checked a moment ago is not checked again, however far ahead the clock may run.
        #expect(try await lane.claims(at: 4.0 / 60).isEmpty)
    }

    @Test func whatAClockAheadOfTimeMayNotVisitYetIsNotDue() async throws {
        let lane = try await Lane()
        defer { lane.store.close() }
        try await lane.record(try await lane.claims(at: 0), at: 0) { _ in "A" }
        try await lane.store.pool.withConnection {
            try await $0.runScript("UPDATE lanes SET clock = claimed_at + interval '3 hours'")
        }
        for (time, count) in [(4.0, 0), (6, 10)] {
            let status = try #require(try await lane.store.status(at: hour(time / 60)).lanes.first)
            #expect(status.due == count, "after \(time) min")
            #expect((status.oldestDueAt == nil) == (count == 0))
        }
    }

    /// Long ago so many changes, and none since: the chance that there will be another is too small for a number.
    @Test func aLaneIsCountedWithATagThatIsQuiteDead() async throws {
        let lane = try await Lane()
        defer { lane.store.close() }
        try await lane.record(try await lane.claims(at: 0), at: 0) { _ in "A" }
        try await lane.store.pool.withConnection {
            try await $0.runScript("UPDATE tag_checks SET rate = 0 WHERE tag_id % 2 = 0")
        }
        try await lane.steer(at: 1)
        let schedule = try #require(try await lane.store.lanes(at: hour(1)).first?.schedule)
        #expect(schedule.tags == 10)
    }

    @Test func aChangeBringsItsSiblingsForwardAndIsCredited() async throws {
        let lane = try await Lane()
        defer { lane.store.close() }
        try await lane.record(try await lane.claims(at: 0), at: 0) { _ in "A" }
        // Days on which all of them change together teach that they do.
        for day in 1...4 {
            let time = Double(day) * 24
            let first = try await lane.claims(at: time, limit: 1)
            let leader = first[0].reference.tag.name
            try await lane.record(first, at: time) { _ in "D\(day)" }
            let siblings = try await (0..<10).filter { "\($0)" != leader }.asyncMap {
                try await lane.schedule(of: "\($0)")
            }
            if day == 4 { #expect(siblings.allSatisfy { $0.reason == .boosted }) }
            let others = try await lane.claims(at: time + 0.07)
            #expect(others.count == 9)
            try await lane.record(others, at: time + 0.07) { _ in "D\(day)" }
            if day == 4 {
                #expect(try await lane.schedule(of: leader).credits >= 9)
                let schedule = try await lane.schedule(of: "3")
                #expect(schedule.changes == 4 && schedule.lastBurst == 4 && schedule.firstBurst == 0)
                #expect(schedule.events >= 4)
            }
        }
        #expect(try await lane.store.lanes(at: hour(97)).first?.schedule?.clock ?? hour(0) > hour(0))
    }

    /// What was imported counts as if checks had found it.
    @Test func anImportedHistoryIsTheSchedulesToo() async throws {
        let lane = try await Lane(tags: 1)
        defer { lane.store.close() }
        try await lane.record(try await lane.claims(at: 0), at: 0) { _ in "A" }
        let past = (1...20).map { "D\($0)@\(-24 * $0)" }.joined(separator: " ")
        try await lane.store.importAll(past, of: "app:0")
        #expect(try await lane.row("0").schedule == nil)
        try await lane.record(try await lane.claims(at: 5), at: 5) { _ in "A" }
        let schedule = try await lane.schedule(of: "0")
        #expect(schedule.changes == 20)
        #expect(schedule.rate > 0.5)
    }

    @Test func aListingTakesItsTagsOutOfTheQueue() async throws {
        let lane = try await Lane()
        defer { lane.store.close() }
        let claims = try await lane.claims(at: 0)
        try await lane.record(claims, at: 0, way: .listing(previous: nil)) { _ in "A" }
        for tag in 0..<10 {
            let schedule = try await lane.schedule(of: "\(tag)")
            #expect(schedule.reason == .sweep)
        }
        // A listing that shows nothing new leaves the time of the next sweep alone.
        let before = try await lane.schedule(of: "3").nextCheckAt
        let again = try await lane.store.listedTags((0..<10).map { try reference("app:\($0)") }).map(\.claim)
        try await lane.record(again, at: 1, way: .listing(previous: hour(0))) { $0 == "3" ? "A" : "B" }
        #expect(try await lane.schedule(of: "3").nextCheckAt == before)
        #expect(try await lane.schedule(of: "4").changes == 1)
    }

    @Test func lanesKeepTheirNumbers() async throws {
        let lane = try await Lane()
        defer { lane.store.close() }
        try await lane.record(try await lane.claims(at: 0), at: 0) { _ in "A" }
        try await lane.steer(at: 0.2)
        let schedule = try #require(try await lane.store.lanes(at: hour(0.2)).first?.schedule)
        #expect(schedule.tags == 10)
        #expect(abs(schedule.requestsPerDay - 240) < 1e-6)
        let status = try #require(try await lane.store.status(at: hour(0.2)).lanes.first)
        #expect(status.schedule.map { abs($0.requestsPerSecond - 10.0 / 3_600) < 1e-9 } == true)
        #expect(status.schedule?.meanDelaySeconds.map { $0 > 60 && $0 < 3_600 } == true)
        #expect(status.checks.due == 10)
    }
}

extension Collection {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
