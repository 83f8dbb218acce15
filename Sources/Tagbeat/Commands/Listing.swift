import ArgumentParser
import Foundation
import OCI
import Store
import TagHistory
import Web

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List tags and how often they change.")

    @Argument(help: "Only tags whose name holds this.") var query: String = ""
    @Option(help: "Only tags in this state: \(TagState.allCases.map(\.name).joined(separator: ", ")).")
    var state: String?
    // A value that begins with - is no flag here.
    @Option(
        parsing: .unconditional,
        help: "Sort by \(TagSort.allCases.map(\.rawValue).joined(separator: ", ")); with - before it in reverse.")
    var sort: String = "name"
    @Flag(help: "Print one JSON object per tag.") var json = false
    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func run() async throws {
        let query = try tagQuery()
        try await Session.with(options) { session in
            var page = query
            let now = Timestamp.now()
            var rows: [[String]] = []
            repeat {
                let tags = try await session.store.tags(page)
                let records = try await session.store.records(of: tags.items)
                let statistics = try await session.store.statistics(of: records, asOf: now)
                if json {
                    let lines = try zip(tags.items, statistics).map { try Console.json(TagJSON($0, statistics: $1)) }
                    try Console.output(lines.map { $0 + "\n" }.joined())
                } else {
                    rows += zip(tags.items, statistics).map { row($0, $1, sort: query.sort) }
                }
                page.cursor = tags.next
            } while page.cursor != nil
            if json { return }
            guard !rows.isEmpty else { return try Console.print(emptyNote) }
            let sorted = Self.heading(query.sort).map { [$0] } ?? []
            let header = ["TAG", "STATE"] + sorted + ["UPDATES", "RHYTHM", "LAST UPDATE", "DIGEST", "WHY"]
            try Console.print(Console.table(header, rows, rightAligned: sorted.isEmpty ? [2] : [2, 3]))
        }
    }

    private var emptyNote: String {
        query.isEmpty && state == nil ? "No tags. Begin with: tagbeat track python:3.12" : "No tag matches."
    }

    /// The heading of a column of what the list is sorted by, where no other column shows it.
    private static func heading(_ sort: TagSort) -> String? {
        switch sort {
        case .name, .lastChanged: nil
        case .changes: "CHANGES"
        case .changes30d: "CHANGES IN 30 D"
        case .interval: "MEAN INTERVAL"
        case .trackedSince: "TRACKED SINCE"
        }
    }

    private static func value(_ sort: TagSort, _ tag: TrackedTag, _ statistics: Statistics) -> String? {
        switch sort {
        case .name, .lastChanged: nil
        case .changes: String(statistics.changes)
        case .changes30d: String(statistics.changesWithin.days30)
        case .interval: statistics.interval.meanDays.map { String(format: "%.1f d", $0) } ?? "–"
        case .trackedSince: String(tag.trackedSince.description.prefix(10))
        }
    }

    private func row(_ tag: TrackedTag, _ statistics: Statistics, sort: TagSort) -> [String] {
        let days = statistics.daysSinceLastUpdateBetween == nil ? statistics.daysSinceLastUpdate : nil
        let last = days.map { $0 < 1 ? "today" : "\(Int($0)) d ago" } ?? statistics.lastUpdate
        return [
            tag.reference.familiar, tag.state.name, Self.value(sort, tag, statistics), String(statistics.updates),
            statistics.rhythm.label ?? "–", last, tag.digest?.short ?? "–", statistics.rhythm.explanation,
        ].compactMap(\.self)
    }

    private func tagQuery() throws -> TagQuery {
        var result = TagQuery()
        result.text = query
        result.limit = 500
        result.descending = sort.hasPrefix("-")
        let name = result.descending ? String(sort.dropFirst()) : sort
        guard let sort = TagSort(rawValue: name) else {
            let all = TagSort.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure.badInput("there is no sort order “\(name)”; use one of \(all)")
        }
        result.sort = sort
        guard let state else { return result }
        guard let known = TagState(name: state) else {
            let all = TagState.allCases.map(\.name).joined(separator: ", ")
            throw Failure.badInput("there is no state “\(state)”; use one of \(all)")
        }
        result.state = known
        return result
    }
}

struct Stats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show how often a tag is rebuilt.")

    @Argument(help: "A tracked image.") var reference: String
    @Option(help: "For this platform alone, as linux/arm64.") var platform: String?
    @OptionGroup var asOf: AsOf
    @Flag(help: "Print the tag with its statistics as JSON, as the API does.") var json = false
    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func run() async throws {
        let reference = try TagReference(argument: reference)
        let past = try asOf.past()
        let platform = try platform.map { text in
            guard let platform = Platform(parsing: text) else {
                throw Failure.badInput("\(PrintableText.excerpt(text)) is no platform; give one as linux/arm64")
            }
            return platform
        }
        try await Session.with(options) { session in
            guard let tag = try await session.store.tag(reference) else {
                throw Failure("\(reference) is not tracked; begin with: tagbeat track \(reference.familiar)")
            }
            var history = try await session.store.history(of: tag.id)
            var firstSeenAt = tag.firstSeenAt
            if let platform {
                let images = try await session.store.platformImages(of: tag)
                guard images.platforms.contains(platform) else {
                    let names = images.platforms.map(\.description).joined(separator: ", ")
                    throw Failure(
                        "\(reference) has no image for \(platform) that is known"
                            + (names.isEmpty ? "" : "; it has \(names)"))
                }
                history = PlatformHistory.rows(of: platform, in: history, images: images.images(of: platform))
                firstSeenAt = PlatformHistory.firstSeenAt(in: history, of: tag.firstSeenAt)
            }
            let statistics = try await session.store.statistics(
                of: TagRecord(tag, history: history, firstSeenAt: firstSeenAt), asOf: past ?? .now())
            // The tag as a whole, whatever platform the statistics are of.
            let known = try await session.store.known(tag, asOf: past)
            if json {
                try Console.print(Console.json(TagJSON(known, statistics: statistics)))
            } else {
                try show(known, statistics, asOf: past)
            }
        }
    }

    /// In the words of its page.
    private func show(_ tag: TrackedTag, _ statistics: Statistics, asOf past: Timestamp?) throws {
        try Console.print("\(tag.reference)")
        if let past { try Console.print("  As of \(past); its state is today’s.") }
        let rhythm = statistics.rhythm
        try Console.print("  " + (rhythm.label.map { "\($0): \(rhythm.explanation)" } ?? rhythm.reason))
        try Console.print("")
        let facts: [(String, String, String?)] =
            [
                ("State", tag.state.name + (tag.lastError.map { ": \($0)" } ?? ""), nil),
                ("Digest", tag.digest?.description ?? "–", nil),
                (
                    "Known for", String(format: "%.1f days", statistics.observedDays),
                    "From its first sighting to the last successful check."
                ),
            ] + StatisticsText.lines(statistics).map { ($0.label, $0.text, $0.note) }
        let width = facts.map(\.0.count).max() ?? 0
        for (label, text, note) in facts {
            try Console.print("  " + label.padding(toLength: width + 2, withPad: " ", startingAt: 0) + text)
            for line in note.map({ Console.lines(of: $0, width: 72) }) ?? [] {
                try Console.print(String(repeating: " ", count: width + 4) + line)
            }
        }
    }
}
