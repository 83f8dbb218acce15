import OCI
import Testing

@testable import TagHistory

@Suite struct DecisionTests {
    @Test func decides() throws {
        let (a, b) = (try digest("A"), try digest("B"))
        let bearing = Decision.CurrentState(digest: a, lastSucceededAt: day(1))
        let missing = Decision.CurrentState(digest: a, isMissing: true, lastSucceededAt: day(1), lastMissingAt: day(2))
        let table: [(Decision.CurrentState, Decision.Outcome, Bool, [String])] = [
            (.init(), .found(a), false, ["first A@3"]),
            (.init(), .missing, false, []),
            (bearing, .found(a), true, []),
            (bearing, .found(b), false, ["rebuild A>B@3>1"]),
            (bearing, .found(b), true, ["rebuild! A>B@3>1"]),
            (bearing, .missing, false, ["missing A>-@3>1"]),
            (missing, .missing, false, []),
            (missing, .found(a), true, ["returned A@3>2"]),
            (missing, .found(b), false, ["returned B@3>2", "rebuild A>B@3>1"]),
        ]
        for (state, outcome, hasBorne, rows) in table {
            #expect(
                text(Decision.decide(current: state, outcome: outcome, at: day(3), hasBorne: hasBorne)) == rows)
        }
    }

    @Test func carriesWhatTheRegistrySaid() throws {
        let state = Decision.CurrentState(digest: try digest("A"), lastSucceededAt: day(1))
        let rows = Decision.decide(
            current: state, outcome: .found(try digest("B"), mediaType: .ociIndex, pushedAt: day(2)), at: day(3),
            hasBorne: false, kind: .noop, platforms: [Platform(os: "linux", architecture: "amd64")])
        let row = try #require(rows.first)
        #expect(row.mediaType == .ociIndex)
        #expect(row.pushedAt == day(2))
        #expect(row.kind == .noop)
        #expect(row.platforms.count == 1)
        #expect(row.source == .observed)
    }

    @Test func knowsWhenAnAnswerIsLate() throws {
        let state = Decision.CurrentState(
            digest: try digest("A"), isMissing: true, lastSucceededAt: day(1), lastMissingAt: day(3))
        #expect(state.isNewer(than: day(2)))
        #expect(!state.isNewer(than: day(3)))
        #expect(!Decision.CurrentState().isNewer(than: day(3)))
    }
}

/// Live checks, decided one by one, against the same checks merged as an import.
@Suite struct DecisionPropertyTests {
    struct Check {
        let at: Timestamp
        let outcome: Decision.Outcome

        var observation: Observation {
            switch outcome {
            case .found(let digest, let mediaType, let pushedAt):
                Observation(
                    digest: digest, observedAt: at, pushedAt: pushedAt, mediaType: mediaType, source: .observed)
            case .missing:
                Observation(digest: nil, observedAt: at, source: .observed)
            }
        }
    }

    struct Live {
        var rows: [Change] = []
        var state = Decision.CurrentState()

        mutating func take(_ observation: Observation) {
            let outcome = observation.digest.map {
                Decision.Outcome.found($0, mediaType: observation.mediaType, pushedAt: observation.pushedAt)
            }
            let isLate = state.isNewer(than: observation.observedAt)
            guard isLate else { return take(Check(at: observation.observedAt, outcome: outcome ?? .missing)) }
            self = Live(merge([observation]))
        }

        mutating func take(_ check: Check) {
            guard case .found(let digest, _, _) = check.outcome else { return record(check, hasBorne: false) }
            record(check, hasBorne: rows.contains { $0.digest == digest })
        }

        private mutating func record(_ check: Check, hasBorne: Bool) {
            rows += Decision.decide(current: state, outcome: check.outcome, at: check.at, hasBorne: hasBorne)
            state = state.after(check.outcome, at: check.at)
        }

        init(rows: [Change] = [], state: Decision.CurrentState = .init()) { (self.rows, self.state) = (rows, state) }

        init(_ merged: History.Merged) { self.init(rows: merged.rows, state: merged.state) }

        func merge(_ observations: [Observation]) -> History.Merged {
            History.merge(
                existing: rows, lastSucceededAt: state.lastSucceededAt, lastMissingAt: state.lastMissingAt,
                adding: observations)
        }

        func statistics(asOf: Timestamp) -> Statistics {
            Statistics(
                changes: rows, firstSeenAt: rows.first?.observedAt, lastSucceededAt: state.lastSucceededAt,
                asOf: asOf)
        }
    }

    /// Checks at uneven times; failed ones are no answers, so they are not among them.
    static func checks(_ random: inout SeededGenerator) throws -> [Check] {
        var time = 1.0
        var current = try digest("A")
        var gone = Int.random(in: 0..<4, using: &random) == 0
        return try (0..<Int.random(in: 1...60, using: &random)).map { number in
            time += Double.random(in: 0.05...3, using: &random)
            if Int.random(in: 0..<5, using: &random) == 0 {
                current = try digest(number % 3 == 0 ? "D\(number)" : ["A", "B"].randomElement(using: &random) ?? "A")
            }
            if Int.random(in: 0..<8, using: &random) == 0 { gone.toggle() }
            let pushedAt = Bool.random(using: &random) ? day(time - 0.02) : nil
            return Check(at: day(time), outcome: gone ? .missing : .found(current, pushedAt: pushedAt))
        }
    }

    @Test func liveChecksAndAnImportOfThemAreOneHistory() throws {
        for seed in 0..<2_000 {
            var random = SeededGenerator(seed)
            let checks = try Self.checks(&random)
            var live = Live()
            checks.forEach { live.take($0) }
            let merged = History.merge(adding: checks.map(\.observation))
            #expect(merged.shownRows == live.rows, "seed \(seed)")
            #expect(merged.state == live.state, "seed \(seed)")
            let now = day(200 + Double.random(in: 0...300, using: &random))
            let statistics = Statistics(
                changes: merged.rows, firstSeenAt: merged.firstSeenAt, lastSucceededAt: merged.lastSucceededAt,
                asOf: now)
            #expect(statistics == live.statistics(asOf: now), "seed \(seed)")
            // What was decided needs no further merging.
            #expect(live.merge([]).rows == live.rows, "seed \(seed)")
            #expect(live.merge([]).state == live.state, "seed \(seed)")
            // Nor does an export of it, merged into nothing.
            let export = History.observations(
                of: live.rows, lastSucceededAt: live.state.lastSucceededAt, lastMissingAt: live.state.lastMissingAt)
            let copy = History.merge(adding: export)
            #expect(copy.shownRows.map(\.kind) == live.rows.map(\.kind), "seed \(seed)")
            #expect(copy.state == live.state, "seed \(seed)")
        }
    }

    @Test func aPastMomentIsSeenAsItWasSeenThen() throws {
        for seed in 0..<1_000 {
            var random = SeededGenerator(seed)
            let checks = try Self.checks(&random)
            let past = Int.random(in: 0..<checks.count, using: &random)
            var live = Live()
            checks[...past].forEach { live.take($0) }
            let then = live.statistics(asOf: checks[past].at)
            checks[(past + 1)...].forEach { live.take($0) }
            #expect(live.statistics(asOf: checks[past].at) == then, "seed \(seed)")
        }
    }

    @Test func importsBeforeAndAfterLiveChecksMeetInOneHistory() throws {
        for seed in 0..<1_000 {
            var random = SeededGenerator(seed)
            let all = try Self.checks(&random)
            // Of the 404s before the first sighting, live checks keep the last.
            let checks = all.prefix { $0.outcome == .missing }.suffix(1) + all.drop { $0.outcome == .missing }
            let past = try HistoryPropertyTests.imported(&random).map { observation in
                var earlier = observation
                earlier.observedAt = observation.observedAt.advanced(bySeconds: -30 * 86_400)
                earlier.notBefore = observation.notBefore?.advanced(bySeconds: -30 * 86_400)
                return earlier
            }
            var live = Live()
            checks.forEach { live.take($0) }
            guard live.state.everSeen else { continue }
            let later = live.merge(past)

            let before = History.merge(adding: past)
            var continued = Live(rows: before.rows, state: before.state)
            checks.forEach { continued.take($0) }
            #expect(later.shownRows == continued.merge([]).shownRows, "seed \(seed)")
            #expect(later.state == continued.state, "seed \(seed)")
        }
    }

    @Test func importsInAnyOrderIntoALiveHistory() throws {
        for seed in 0..<1_000 {
            var random = SeededGenerator(seed)
            var live = Live()
            try Self.checks(&random).forEach { live.take($0) }
            let begin = live.merge([])
            let all = try HistoryPropertyTests.imported(&random)
            let whole = HistoryPropertyTests.inParts(all, &random, from: begin)
            let shuffled = HistoryPropertyTests.inParts(all.shuffled(using: &random), &random, from: begin)
            // The last check may have become a hidden row on one of the ways.
            #expect(shuffled.shownRows == whole.shownRows, "seed \(seed)")
            #expect(shuffled.state == whole.state, "seed \(seed)")
        }
    }
}
