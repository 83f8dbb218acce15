import OCI
import Testing

@testable import TagHistory

/// The same observations, some from live checks and some from imports, the imports at any time and in any order.
@Suite struct LiveImportPropertyTests {
    struct Known {
        var observation: Observation
        var isLive: Bool
    }

    /// That an image was built does not say that the tag bore it; a live check that finds no more leaves no row.
    static let sources = Source.allCases.filter { $0 != .metadata }

    static func known(_ random: inout SeededGenerator) throws -> [Known] {
        var known: [Known] = []
        var current: Digest?
        for time in 1...Int.random(in: 2...30, using: &random) {
            if Int.random(in: 0..<3, using: &random) == 0 {
                let name = ["A", "B", "C", "D\(time)", "-"].randomElement(using: &random) ?? "-"
                current = name == "-" ? nil : try digest(name)
            }
            let isLive = Bool.random(using: &random)
            var observation = Observation(
                digest: current, observedAt: day(Double(time)),
                source: isLive ? .observed : Self.sources.randomElement(using: &random) ?? .imported)
            if !isLive {
                observation.notBefore =
                    Bool.random(using: &random) ? day(Double(time) - Double.random(in: 0...4, using: &random)) : nil
                observation.pushedAt = Bool.random(using: &random) ? day(Double(time) - 0.1) : nil
                observation.mediaType = Bool.random(using: &random) ? .ociIndex : nil
            }
            known.append(Known(observation: observation, isLive: isLive))
        }
        return withoutWhatLiveChecksMissed(known)
    }

    /// Of live checks that find what is known only the last is kept. An import that later puts something else between or
    /// before them would need them all: so here a live check saw that too, or there is one live check alone.
    private static func withoutWhatLiveChecksMissed(_ known: [Known]) -> [Known] {
        var known = known
        for index in known.indices where !known[index].isLive {
            guard let before = known[..<index].last(where: \.isLive)?.observation,
                let after = known[index...].first(where: \.isLive)?.observation,
                before.digest == after.digest, known[index].observation.digest != before.digest
            else { continue }
            let row = known[index].observation
            known[index] = Known(
                observation: Observation(digest: row.digest, observedAt: row.observedAt, source: .observed),
                isLive: true)
        }
        return known.indices.filter { !repeats($0, in: known) }.map { known[$0] }
    }

    private static func repeats(_ index: Int, in known: [Known]) -> Bool {
        guard known[index].isLive, let before = known[..<index].lastIndex(where: \.isLive) else { return false }
        let digest = known[before].observation.digest
        return known[index].observation.digest == digest
            && known[..<before].reversed().prefix { !$0.isLive || $0.observation.digest == digest }
                .contains { $0.observation.digest != digest }
    }

    /// Live checks come in the order of time, imports whenever they like.
    static func taken(_ known: [Known], _ random: inout SeededGenerator) -> DecisionPropertyTests.Live {
        var live = DecisionPropertyTests.Live()
        var checks = known.filter(\.isLive).map(\.observation)[...]
        var imports = known.filter { !$0.isLive }.map(\.observation).shuffled(using: &random)[...]
        while !checks.isEmpty || !imports.isEmpty {
            if imports.isEmpty || (!checks.isEmpty && Bool.random(using: &random)) {
                live.take(checks.removeFirst())
            } else {
                let part = imports.prefix(Int.random(in: 1...imports.count, using: &random))
                imports = imports.dropFirst(part.count)
                live = DecisionPropertyTests.Live(live.merge(Array(part)))
            }
        }
        return live
    }

    @Test func whoSawWhatWhenIsAllThatCounts() throws {
        for seed in 0..<6_000 {
            var random = SeededGenerator(seed)
            let known = try Self.known(&random)
            let whole = History.merge(adding: known.map(\.observation))
            let taken = Self.taken(known, &random)
            let rows = taken.merge([])
            #expect(rows.shownRows == whole.shownRows, "seed \(seed)")
            #expect(taken.state == whole.state, "seed \(seed)")
            let end = day(40)
            #expect(rows.firstSeenAt == whole.firstSeenAt, "seed \(seed)")
            #expect(
                Statistics(
                    changes: rows.rows, firstSeenAt: rows.firstSeenAt, lastSucceededAt: rows.lastSucceededAt, asOf: end)
                    == Statistics(
                        changes: whole.shownRows, firstSeenAt: whole.firstSeenAt,
                        lastSucceededAt: whole.lastSucceededAt, asOf: end), "seed \(seed)")
        }
    }
}
