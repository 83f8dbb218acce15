import LibPQ
import Logging
import OCI
import Store
import TagHistory
import TestSupport
import Testing

/// Random histories: neither order nor parts of imports matter, and live checks of the same spans give the same.
@Suite(.throttled) struct ImportPropertyTests {
    static func observations(_ random: inout SeededGenerator, missing: Bool) throws -> [Observation] {
        let times = (1...30).shuffled(using: &random).prefix(Int.random(in: 1...15, using: &random))
        return try times.map { time in
            let isMissing = missing && Int.random(in: 0..<4, using: &random) == 0
            return Observation(
                digest: isMissing ? nil : try digest(["A", "B", "C"].randomElement(using: &random) ?? "A"),
                observedAt: hour(Double(time)),
                notBefore: Bool.random(using: &random)
                    ? hour(Double(time) - Double.random(in: 0...5, using: &random)) : nil,
                pushedAt: Bool.random(using: &random) ? hour(Double(time) - 0.25) : nil,
                source: Source.allCases.randomElement(using: &random) ?? .imported)
        }
    }

    /// All that is known of tags, hidden rows too.
    static func known(_ store: TagStore, _ kind: String) async throws -> [String: [String]] {
        var known: [String: [String]] = [:]
        var after: TagReference?
        while true {
            let part = try await store.exportObservations(after: after)
            guard let last = part.last else { break }
            for row in part where row.reference.repository.path == kind {
                known[row.reference.tag.name, default: []].append("\(row.observation)")
            }
            after = last.reference
        }
        for name in known.keys {
            let tag = try #require(try await store.tag(reference("\(kind):\(name)")))
            let history = try await store.history(of: tag.id)
            try await expectTheSameInParts(store, tag, history, observations: known[name] ?? [])
            known[name]?.append(
                "\(tag.state) \(String(describing: tag.digest)) \(String(describing: tag.lastSucceededAt))"
                    + " \(String(describing: tag.lastChangedAt)) \(history)")
        }
        return known
    }

    /// However short the parts are in which a history is read.
    private static func expectTheSameInParts(
        _ store: TagStore, _ tag: TrackedTag, _ history: [Change], observations: [String]
    ) async throws {
        let limit = Int(tag.id % 4) + 1
        var (rows, reader) = ([Change](), store.historyReader(of: tag.id, limit: limit))
        while let part = try await reader.next() { rows += part }
        #expect(rows == history && reader.isAtEnd, "\(tag.reference)")
        var lines: [String] = []
        var exported = try #require(try await store.observationReader(of: tag.reference, limit: limit))
        while let part = try await exported.next() { lines += part.map { "\($0.observation)" } }
        #expect(lines == observations, "\(tag.reference)")
    }

    @Test func orderAndPartsDoNotMatter() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        var random = SeededGenerator(7)
        var rows: [String: [ImportRow]] = [:]
        var all: [Int: [Observation]] = [:]
        for tag in 0..<120 {
            all[tag] = try Self.observations(&random, missing: tag % 2 == 0)
            for kind in ["whole", "order", "parts", "twice"] {
                rows[kind, default: []] += try #require(all[tag]).map {
                    ImportRow(reference: try reference("\(kind):\(tag)"), observation: $0)
                }
            }
        }
        _ = try await store.importAll(try #require(rows["whole"]))
        _ = try await store.importAll(
            try #require(rows["order"]?.sorted { $0.observation.observedAt < $1.observation.observedAt }))
        for kind in ["parts", "twice"] {
            var rest = try #require(rows[kind]).shuffled(using: &random)[...]
            while !rest.isEmpty {
                let part = rest.prefix(Int.random(in: 60...300, using: &random))
                rest = rest.dropFirst(part.count)
                _ = try await store.importAll(Array(part), chunk: 100)
            }
        }
        let again = try await store.importAll(try #require(rows["twice"]).shuffled(using: &random))
        #expect(again.newRows == 0)
        let whole = try await Self.known(store, "whole")
        #expect(whole.count == 120)
        for kind in ["order", "parts", "twice"] {
            let other = try await Self.known(store, kind)
            for tag in whole.keys { #expect(other[tag] == whole[tag], "\(kind) \(tag)") }
        }
        // And as the pure merge says.
        for (tag, observations) in all {
            let merged = History.merge(adding: observations)
            let id = try #require(try await store.tag(reference("whole:\(tag)"))).id
            #expect(try await store.history(of: id) == merged.shownRows, "\(tag)")
        }
    }

    @Test func liveChecksOfTheSameSpansGiveTheSame() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        var random = SeededGenerator(11)
        let tags = 60
        let words = (0..<tags).map { _ in
            ["A"] + (1..<25).map { _ in ["A", "A", "B", "B", "C", "-", "-", "!"].randomElement(using: &random) ?? "A" }
        }
        try await store.track((0..<tags).map { try reference("live:\($0)") }, origin: .starter, at: hour(0))
        let checker = try await Checker(store)
        for time in 0..<25 {
            let results = try await checker.claims(at: hour(Double(time))).map { claim in
                let word = words[try #require(Int(claim.reference.tag.name))][time]
                let answer: Checker.Answer = word == "-" ? .missing : word == "!" ? .failed("no") : .digest(word)
                return try checker.result(claim, answer, at: hour(Double(time)))
            }
            #expect(results.count == tags)
            _ = try await store.record(results, worker: checker.worker, policy: Checker.policy)
        }
        let rows = try (0..<tags).flatMap { tag in
            try words[tag].enumerated().filter { $0.element != "!" }.map { time, word in
                ImportRow(
                    reference: try reference("imported:\(tag)"),
                    observation: Observation(
                        digest: word == "-" ? nil : try digest(word), observedAt: hour(Double(time)), source: .observed)
                )
            }
        }
        _ = try await store.importAll(rows.shuffled(using: &random), at: hour(25))
        for tag in 0..<tags {
            let live = try #require(try await store.tag(reference("live:\(tag)")))
            let imported = try #require(try await store.tag(reference("imported:\(tag)")))
            let (rows, others) = (try await store.history(of: live.id), try await store.history(of: imported.id))
            #expect(rows == others, "\(words[tag].joined(separator: " "))")
            #expect(live.lastSucceededAt == imported.lastSucceededAt)
            #expect(live.digest == imported.digest)
            #expect(live.lastChangedAt == imported.lastChangedAt)
            #expect(Self.statistics(live, rows) == Self.statistics(imported, others))
        }
        try await Self.expectExportGivesAllBack(of: store)
    }

    static func statistics(_ tag: TrackedTag, _ rows: [Change]) -> Statistics {
        Statistics(
            changes: rows, firstSeenAt: tag.firstSeenAt, lastSucceededAt: tag.lastSucceededAt, asOf: hour(30))
    }

    static func expectExportGivesAllBack(of store: TagStore) async throws {
        // Never seen: neither the end of the export nor a part of it.
        try await store.track((0..<30).map { try reference("ghost:\($0)") }, origin: .starter, at: hour(0))
        let copy = try await TestDatabase.migratedStore()
        defer { copy.close() }
        var after: TagReference?
        var seen: Set<TagReference> = []
        _ = try await copy.importObservations(at: hour(25)) {
            let part = try await store.exportObservations(after: after, tags: 7)
            after = part.last?.reference
            let tags = Set(part.map(\.reference))
            #expect(seen.isDisjoint(with: tags))
            seen.formUnion(tags)
            return part.isEmpty ? nil : part
        }
        #expect(seen.count == 120)
        for reference in seen {
            let (old, new) = (try #require(try await store.tag(reference)), try #require(try await copy.tag(reference)))
            let (rows, others) = (try await store.history(of: old.id), try await copy.history(of: new.id))
            #expect(rows == others, "\(reference)")
            #expect(old.lastSucceededAt == new.lastSucceededAt, "\(reference)")
            #expect(old.digest == new.digest)
            #expect(old.mediaType == new.mediaType)
            #expect(statistics(old, rows) == statistics(new, others))
        }
        let known = try await known(store, "live")
        let copied = try await Self.known(copy, "live")
        for (tag, lines) in known { #expect(copied[tag]?.dropLast() == lines.dropLast(), "\(tag)") }
    }
}
