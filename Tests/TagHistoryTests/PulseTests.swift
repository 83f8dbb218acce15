import OCI
import Testing

@testable import TagHistory

@Suite struct PulseTests {
    /// Histories of all sources, with returns, absences and spans; times are whole steps, as a stored pulse has them.
    static func histories() throws -> [(rows: [Change], merged: History.Merged)] {
        func whole(_ time: Timestamp) -> Timestamp {
            Timestamp(seconds: Int64((time.secondsSinceEpoch / 300).rounded(.down)) * 300)
        }
        return try HistoryPropertyTests.seeds.prefix(1_000).map { seed in
            var random = SeededGenerator(seed)
            let merged = History.merge(
                adding: try HistoryPropertyTests.imported(&random, withMissing: !seed.isMultiple(of: 3)).map {
                    Observation(
                        digest: $0.digest, observedAt: whole($0.observedAt), notBefore: $0.notBefore.map(whole),
                        pushedAt: $0.pushedAt.map(whole), mediaType: $0.mediaType, source: $0.source)
                })
            return (merged.shownRows, merged)
        }
    }

    /// What an image's own word told of was found by our own check, which left no row; what others told of was not.
    @Test(arguments: [
        (Source.metadata, 21.0, 21.0 as Double?), (.metadata, 0, nil), (.registry, 21, nil), (.imported, 21, nil),
        (.observed, 21, 0),
    ])
    func whatOnlyWeCanHaveSeenIsOurs(source: Source, firstSeen: Double, own: Double?) throws {
        let row = Change(
            digest: try digest("A"), previousDigest: nil, kind: .first, source: source, observedAt: day(0),
            notBefore: nil, mediaType: nil)
        #expect(Pulse.ownSince([row], firstSeenAt: day(firstSeen)) == own.map(day))
        #expect(Pulse(history: [row], firstSeenAt: day(firstSeen)).ownSince == own.map(day))
        #expect(Pulse.ownSince([], firstSeenAt: day(firstSeen)) == nil)
    }

    @Test func saysWhatStatisticsSay() throws {
        var words: Set<Rhythm.Word?> = []
        var vague = 0
        for (seed, history) in try Self.histories().enumerated() {
            let pulse = Pulse(history: history.rows, firstSeenAt: history.merged.firstSeenAt)
            for (days, superseded) in [(21.0, false), (30, false), (200, true), (500, false)] {
                let statistics = Statistics(
                    changes: history.rows, firstSeenAt: history.merged.firstSeenAt,
                    lastSucceededAt: history.merged.lastSucceededAt, superseded: superseded, asOf: day(days))
                let judgement = pulse.judged(
                    firstSeenAt: history.merged.firstSeenAt, lastSucceededAt: history.merged.lastSucceededAt,
                    superseded: superseded, asOf: day(days))
                #expect(judgement.rhythm == statistics.rhythm, "seed \(seed)")
                #expect(judgement.daysSinceLastUpdate == statistics.daysSinceLastUpdate, "seed \(seed)")
                let between = statistics.daysSinceLastUpdateBetween
                #expect(judgement.daysSinceLastUpdateBetween == between, "seed \(seed)")
                if between != nil { vague += 1 }
                words.insert(judgement.rhythm.word)
            }
        }
        #expect(words.count >= 6 && vague > 0)
    }

    /// Where spans abut and nothing was seen since, nothing is left of the exposure: rounding must not make some.
    @Test func saysSoOfTimesThatAreNoWholeSeconds() throws {
        var words: Set<Rhythm.Word?> = []
        for seed in 0..<300 {
            var random = SeededGenerator(seed)
            let first = day(Double.random(in: 0...1, using: &random))
            var rows = [Change(digest: try digest("first"), kind: .first, source: .imported, observedAt: first)]
            let step = [0.1, 1, 7, 30][seed % 4]
            for number in 0..<(seed % 9) {
                let before = rows[rows.count - 1]
                let time = before.observedAt.advanced(
                    bySeconds: 86_400 * Double.random(in: step / 2...step, using: &random))
                rows.append(
                    Change(
                        digest: try digest("\(number)"), previousDigest: before.digest, kind: .rebuild,
                        source: .imported, observedAt: time, notBefore: before.observedAt))
            }
            let last = rows[rows.count - 1].observedAt
            let pulse = try #require(Pulse(bytes: Pulse(history: rows, firstSeenAt: first).bytes))
            for (days, seen) in [(1.0, last), (20, last), (90, last), (90, last.advanced(bySeconds: 40 * 86_400))] {
                let now = last.advanced(bySeconds: days * 86_400)
                let statistics = Statistics(changes: rows, firstSeenAt: first, lastSucceededAt: seen, asOf: now)
                let judgement = pulse.judged(firstSeenAt: first, lastSucceededAt: seen, asOf: now)
                #expect(judgement.rhythm.word == statistics.rhythm.word, "seed \(seed)")
                #expect(judgement.rhythm.evidence == statistics.rhythm.evidence, "seed \(seed)")
                #expect(
                    abs((judgement.daysSinceLastUpdate ?? 0) - (statistics.daysSinceLastUpdate ?? 0)) < 2 / 86_400.0)
                words.insert(judgement.rhythm.word)
            }
        }
        #expect(words.count >= 6)
    }

    @Test func isStoredAndRead() throws {
        var pushes = 0
        for (seed, history) in try Self.histories().enumerated() {
            let pulse = Pulse(history: history.rows, firstSeenAt: history.merged.firstSeenAt)
            #expect(Pulse(bytes: pulse.bytes) == pulse, "seed \(seed)")
            pushes += pulse.pushes.count
            #expect(
                pulse.marks == HistoryMark.all(in: CountedRows(history.rows, firstSeenAt: history.merged.firstSeenAt)))
        }
        #expect(pushes > 2_000)
        #expect(Pulse(bytes: Pulse(history: [], firstSeenAt: nil).bytes)?.pushes.isEmpty == true)
    }

    /// Weekly, seen by hourly checks.
    @Test func takesFewBytes() throws {
        let rows =
            [Change(digest: try digest("A"), kind: .first, source: .observed, observedAt: day(0))]
            + (try (1...52).map { week in
                Change(
                    digest: try digest("\(week)"), previousDigest: try digest(week == 1 ? "A" : "\(week - 1)"),
                    kind: .rebuild, source: .observed, observedAt: day(Double(week) * 7),
                    notBefore: day(Double(week) * 7 - 1.0 / 24))
            })
        #expect(Pulse(history: rows, firstSeenAt: day(0)).bytes.count < 52 * 4 + 20)
    }

    @Test func damagedBytesAreNothing() throws {
        var random = SeededGenerator(7)
        for history in try Self.histories().prefix(100) {
            let bytes = Pulse(history: history.rows, firstSeenAt: history.merged.firstSeenAt).bytes
            for length in bytes.indices { #expect(Pulse(bytes: bytes.prefix(length)) == nil) }
            #expect(Pulse(bytes: bytes + [0]) == nil)
            for place in bytes.indices {
                var other = bytes
                other[place] = UInt8.random(in: 0...255, using: &random)
                // Another pulse or none, which can be looked at either way.
                _ = Pulse(bytes: other)?.judged(firstSeenAt: day(0), lastSucceededAt: day(20), asOf: day(30))
            }
        }
        #expect(Pulse(bytes: []) == nil)
        #expect(Pulse(bytes: [2] + Array(repeating: 255, count: 40)) == nil)
    }
}
