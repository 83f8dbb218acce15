import OCI
import Testing

@testable import TagHistory

/// Thousands of random histories; a failure names the seed.
@Suite struct HistoryPropertyTests {
    static let seeds = 0..<3_000

    /// Observations as imports bring them: other times for other digests, equal ones knowing more or less.
    static func imported(_ random: inout SeededGenerator, withMissing: Bool = false) throws -> [Observation] {
        var result: [Observation] = []
        for time in (1...20).shuffled(using: &random).prefix(Int.random(in: 1...14, using: &random)) {
            let isMissing = withMissing && Int.random(in: 0..<4, using: &random) == 0
            let value = isMissing ? nil : try digest(["A", "B", "C"].randomElement(using: &random) ?? "A")
            let pushedAt = day(Double(time) - Double.random(in: -0.5...1, using: &random))
            for _ in 0..<(Int.random(in: 0..<5, using: &random) == 0 ? 2 : 1) {
                result.append(
                    Observation(
                        digest: value, observedAt: day(Double(time)),
                        notBefore: Bool.random(using: &random)
                            ? day(Double(time) - Double.random(in: -1...6, using: &random)) : nil,
                        pushedAt: Bool.random(using: &random) ? pushedAt : nil,
                        mediaType: Bool.random(using: &random) ? .ociIndex : nil,
                        source: Source.allCases.randomElement(using: &random) ?? .imported))
            }
        }
        return result
    }

    static func inParts(
        _ all: [Observation], _ random: inout SeededGenerator, from begin: History.Merged = History.merge(adding: [])
    ) -> History.Merged {
        var merged = begin
        var rest = all[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 1...rest.count, using: &random))
            rest = rest.dropFirst(part.count)
            merged = History.merge(
                existing: merged.rows, lastSucceededAt: merged.lastSucceededAt,
                lastMissingAt: merged.lastMissingAt, adding: Array(part))
        }
        return merged
    }

    @Test func orderAndPartsOfImportsDoNotMatter() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed)
            let all = try Self.imported(&random)
            let whole = History.merge(adding: all)
            #expect(Self.inParts(all, &random) == whole, "seed \(seed), parts")
            #expect(Self.inParts(all.shuffled(using: &random), &random) == whole, "seed \(seed), order")
            #expect(Self.inParts(all.shuffled(using: &random), &random, from: whole) == whole, "seed \(seed), again")
            let seen = all.filter { $0.source != .metadata }.map(\.observedAt).max()
            #expect(whole.lastSucceededAt == seen, "seed \(seed)")
        }
    }

    @Test func neitherWithMissingTagsAmongThem() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed)
            let all = try Self.imported(&random, withMissing: true)
            let whole = History.merge(adding: all)
            let parts = Self.inParts(all.shuffled(using: &random), &random)
            #expect(text(parts.rows) == text(whole.rows), "seed \(seed)")
            #expect(parts == whole, "seed \(seed)")
        }
    }

    @Test func splittingAFileKeepsItsTies() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed)
            let all = try (0..<Int.random(in: 2...12, using: &random)).map { _ in
                Observation(
                    digest: try digest(["A", "B", "C", "D"].randomElement(using: &random) ?? "A"),
                    observedAt: day(Double(Int.random(in: 1...4, using: &random))), source: .imported)
            }
            #expect(Self.inParts(all, &random) == History.merge(adding: all), "seed \(seed)")
        }
    }

    @Test func rowsAreSound() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed)
            let merged = History.merge(adding: try Self.imported(&random, withMissing: seed % 2 == 0))
            var bearer: Digest?
            var before: Timestamp?
            for row in merged.rows {
                if let notBefore = row.notBefore { #expect(notBefore <= row.observedAt, "seed \(seed)") }
                if row.kind.isChange || row.kind == .missing {
                    #expect(row.previousDigest == bearer, "seed \(seed)")
                    #expect(row.notBefore != nil, "seed \(seed)")
                }
                if row.kind.isChange { #expect(row.digest != row.previousDigest, "seed \(seed)") }
                // An image's own date that was disproved is hidden, and says nothing of what the tag bore.
                let isDisproved = row.kind == .same && row.source == .metadata
                let isBegin = row.kind == .first || row.digest == nil || isDisproved
                #expect(before.map { $0 <= row.observedAt } ?? isBegin, "seed \(seed)")
                before = row.observedAt
                if row.kind == .same, !isDisproved {
                    #expect(row.digest == nil || row.digest == bearer, "seed \(seed)")
                }
                // A return with another digest is told by the change that follows it.
                if row.kind != .returned, !isDisproved { bearer = row.digest ?? bearer }
            }
            #expect(merged.digest == bearer, "seed \(seed)")
        }
    }

    @Test func anExportGivesTheHistoryBack() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed)
            let merged = History.merge(adding: try Self.imported(&random, withMissing: seed % 2 == 0))
            let observations = History.observations(
                of: merged.rows, lastSucceededAt: merged.lastSucceededAt, lastMissingAt: merged.lastMissingAt)
            #expect(History.merge(adding: observations) == merged, "seed \(seed)")
        }
    }

    @Test func anExportInPartsIsTheWhole() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed)
            let merged = History.merge(adding: try Self.imported(&random, withMissing: seed % 2 == 0))
            let whole = History.observations(
                of: merged.rows, lastSucceededAt: merged.lastSucceededAt, lastMissingAt: merged.lastMissingAt)
            var export = History.Export(
                newest: merged.rows.last { !$0.isMereDate },
                newestSeen: merged.rows.last { $0.digest != nil && !$0.isMereDate },
                lastSucceededAt: merged.lastSucceededAt, lastMissingAt: merged.lastMissingAt)
            var (parts, part): ([Observation], [Change]) = ([], [])
            for row in merged.rows {
                // Rows of one time stay together.
                if part.last.map({ $0.observedAt < row.observedAt }) ?? false, Bool.random(using: &random) {
                    parts += export.observations(of: part)
                    part = []
                }
                part.append(row)
            }
            parts += export.observations(of: part) + export.rest()
            #expect(parts == whole, "seed \(seed)")
        }
    }
}
