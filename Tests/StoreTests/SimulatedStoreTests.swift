import LibPQ
import OCI
import TestSupport
import Testing

@testable import Store
@testable import TagHistory

/// The simulation's word on the worker's schedule: a lane in the store and one in a simulation live through the same days
/// side by side.
@Suite(.throttled) struct SimulatedStoreTests {
    static let repositories = 3
    static let tagsEach = 8
    static let requestsPerHour = 12.0

    struct Twins {
        let lane: ScheduleStoreTests.Lane
        var replay: Replay
        let registryID: Int32
        /// Simulation's number and changes that were seen, by reference.
        let numbers: [TagReference: Int]
        var names: [TagReference] = []

        init(_ policy: Simulation.Policy, seed: Int) async throws {
            var random = SplitMix64(seed: UInt64(seed))
            var reader = TraceReader()
            try reader.read(Array("image,tag,epoch,kind".utf8)[...])
            for number in 0..<repositories * tagsEach {
                let (repository, tag) = (number / tagsEach, number % tagsEach)
                names.append(try reference("r\(repository):\(tag)"))
                var lines = ["r\(repository),\(tag),\(start.microseconds / 1_000_000),B"]
                // Now and then some of a repository's tags are pushed within an hour.
                for burst in 1..<8 where tag < 2 || Int.random(in: 0..<3, using: &random) > 0 {
                    let time = hour(Double(burst * (5 + 3 * repository)) + .random(in: 0..<1, using: &random))
                    lines.append("r\(repository),\(tag),\(time.microseconds / 1_000_000),C")
                }
                for line in lines { try reader.read(Array(line.utf8)[...]) }
            }
            replay = Replay(
                Simulation(
                    trace: try reader.finish(), policy: policy, budget: .requestsPerSecond(requestsPerHour / 3_600),
                    fromDay: 0, seed: UInt64(seed)))
            numbers = Dictionary(uniqueKeysWithValues: zip(names, 0...))

            lane = try await ScheduleStoreTests.Lane(tags: 0)
            try await lane.store.track(names, origin: .operator, at: hour(0))
            registryID = try #require(try await lane.store.lanes(at: hour(0)).first).registryID
            try await lane.store.steer([budget], policy: .adaptive, at: hour(0))
            try await lane.record(try await lane.claims(at: 0), at: 0) { _ in "V0" }
            for number in names.indices {
                replay.known += 1
                replay.begin(number, at: start.microseconds)
            }
            replay.steer(at: hour(0))
            try await agreeOnChances()
        }

        var budget: LaneBudget {
            LaneBudget(registryID: registryID, requestsPerSecond: requestsPerHour / 3_600)
        }

        /// What chance says has to be the same in both.
        func agreeOnChances() async throws {
            try await lane.store.pool.run(
                SetNextChecks(references: names, times: replay.tags[..<names.count].map(\.nextCheckAt)))
        }

        /// What both look at every ten minutes.
        mutating func steer(at time: Double) async throws {
            try await lane.store.steer([budget], policy: .adaptive, at: hour(time))
            replay.steer(at: hour(time))
            let stored = try await state(at: time)
            #expect(abs(stored.spacing / replay.lane.spacing - 1) < 1e-9)
            #expect(stored.clock == replay.lane.clock && stored.tags == replay.lane.tags)
            #expect(stored.steeredAt == replay.lane.steeredAt)
            // Sums in another order differ in their last bits.
            replay.lane.spacing = stored.spacing
        }

        func state(at time: Double) async throws -> LaneSchedule {
            try #require(try await lane.store.lanes(at: hour(time)).first?.schedule)
        }

        /// The digest that a tag bears.
        func version(of number: Int, at time: Double) -> String {
            let trace = replay.trace
            let pushed = trace.changes[Int(trace.firstChange[number])..<trace.endOfChanges(of: number)]
            return "V\(pushed.count { $0 * 1_000_000 <= hour(time).microseconds })"
        }

        func record(_ claims: [Claim], at time: Double, way: ScheduledCheck.Way = .turn) async throws {
            let results = try claims.map { claim in
                let number = try #require(numbers[claim.reference])
                return CheckResult(
                    claim: claim,
                    answer: .found(try digest(version(of: number, at: time)), mediaType: nil, pushedAt: nil),
                    startedAt: hour(time), checkedAt: hour(time), way: way)
            }
            _ = try await lane.store.record(results, worker: lane.session, policy: .adaptive)
        }

        /// The rows of all tags, which are the simulation's.
        func compare() async throws {
            for (number, name) in names.enumerated() {
                let row = try #require(
                    try await lane.store.pool.first(ScheduleStoreTests.SelectScheduleRow(reference: name)))
                #expect(row.schedule == replay.schedule(of: number), "\(name)")
            }
        }
    }

    @Test(arguments: 1...3) func tagByTag(seed: Int) async throws {
        var twins = try await Twins(.adaptive, seed: seed)
        defer { twins.lane.store.close() }
        var (asked, boosted) = (0, 0)
        for step in 1..<400 {
            let time = Double(step) / 6
            try await twins.steer(at: time)
            let lane = try await twins.state(at: time)
            let claims = try await twins.lane.store.claimDue(
                registryID: twins.registryID, worker: twins.lane.session, limit: 1, lease: 60,
                window: ClaimWindow(.adaptive, lane: lane, at: hour(time)))
            let open = twins.replay.tags.filter {
                LaneSchedule.mayCheckAgain(lastCheckAt: $0.lastCheckAt, at: hour(time))
                    && $0.nextCheckAt <= twins.replay.lane.claimable(at: hour(time))
            }
            guard let claim = claims.first else {
                #expect(open.isEmpty)
                continue
            }
            asked += 1
            let number = try #require(twins.numbers[claim.reference])
            #expect(twins.replay.tags[number].nextCheckAt == open.map(\.nextCheckAt).min())
            if twins.replay.tags[number].reason == .boosted { boosted += 1 }
            #expect(twins.replay.ask(number, at: hour(time).microseconds) == 1)
            try await twins.record(claims, at: time)
            if step.isMultiple(of: 10) { try await twins.compare() }
        }
        try await twins.compare()
        #expect(asked > 300)
        #expect(boosted > 10 && twins.replay.tags.contains { $0.credits > 0 })
    }

    @Test func byListings() async throws {
        var twins = try await Twins(.adaptiveBulk, seed: 4)
        defer { twins.lane.store.close() }
        var listed = 0
        for step in 1..<60 {
            let time = Double(step) / 3
            try await twins.steer(at: time)
            let number = step % Self.repositories
            let repository = try reference("r\(number):0").repository
            guard
                case .granted(let claim) = try await twins.lane.store.beginListing(
                    repository, worker: twins.lane.session, lease: 60, at: hour(time))
            else { continue }
            let pages = twins.replay.list(number, at: hour(time))
            #expect(pages == 1)
            let names = twins.names.filter { $0.repository == repository }
            let known = try await twins.lane.store.listedTags(names)
            let tags = known.map(\.claim)
            let found = try known.count { tag, digest in
                let number = try #require(twins.numbers[tag.reference])
                return try StoreTests.digest(twins.version(of: number, at: time)) != digest
            }
            try await twins.record(tags, at: time, way: .listing(previous: claim.previous))
            try await twins.lane.store.endListing(
                claim, .read(requests: 1, answered: tags.count, found: found, isWhole: true), policy: .adaptive,
                worker: twins.lane.session, startedAt: hour(time), at: hour(time))
            if step <= Self.repositories { try await twins.agreeOnChances() }
            listed += 1
            try await twins.compare()
            // What the next listing would begin with.
            let next = try #require(try await twins.lane.store.pool.first(SelectListing(repository: repository)))
            #expect(next == twins.replay.listings[number]?.nextListingAt)
        }
        #expect(listed == 59)
        #expect(twins.replay.tags.allSatisfy { $0.reason == .sweep })
        #expect(twins.replay.tags.count { $0.changes > 0 } > 12)
    }
}

private struct SetNextChecks: Statement {
    typealias Row = Never
    let references: [TagReference]
    let times: [Timestamp]
    static let sql: SQL = """
        UPDATE tag_checks c SET next_check_at = i.at FROM unnest($1::text[], $2::timestamptz[]) i (reference, at)
        JOIN repositories r ON starts_with(i.reference, r.prefix)
        JOIN tags t ON t.repository_id = r.id AND r.prefix || t.tag = i.reference WHERE c.tag_id = t.id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(references.map(\.description))
        parameters.append(times)
    }
}

private struct SelectListing: Statement {
    let repository: Repository
    static let sql: SQL = """
        SELECT s.next_listing_at FROM repository_schedules s JOIN repositories r ON r.id = s.repository_id
        JOIN registries g ON g.id = r.registry_id WHERE g.name || '/' || r.path = $1
        """
    func bind(_ parameters: inout Parameters) { parameters.append(repository.description) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Timestamp? { try row.next() }
}
