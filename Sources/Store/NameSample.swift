import Foundation
import LibPQ
import Synchronization

/// Names of tags at random, from which is guessed how frequent a text is in all. To ask the database for each search would
/// take half of a search's time.
final class NameSample: Sendable {
    /// How many of a list's first rows are read for what is frequent.
    static let reach: Int64 = 5_000
    /// Names are read from their index alone, a tenth of the time that rows take.
    static let reachByName: Int64 = 2_000
    fileprivate static let size = 2_000
    private static let lifetime: Duration = .seconds(60)

    struct Names {
        /// Each in lower case and with a line's end; then a zero.
        private var lines: [CChar] = [0]
        private(set) var count = 0
        /// The highest number that a tag has.
        var last = 0

        mutating func append(_ name: String) {
            lines.removeLast()
            lines += name.utf8.map { CChar(truncatingIfNeeded: $0) } + [Self.lineEnd, 0]
            count += 1
        }
    }

    private struct State {
        var names: Names?
        var madeAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// How frequent a text is. Shares are of all tags, and less by a standard deviation: who wrongly believes in a text that
    /// is rare reads thousands of rows for nothing.
    struct Guess {
        let share: Double
        /// Of those that hold it in their repositories' names.
        let shareByRepository: Double
        /// How many hold it in their own names, about; more than that by a standard deviation, and by one of the sample.
        let tagsByThemselves: Double
        let tags: Double

        /// Whether a page is found sooner by reading a list from its beginning than by the index.
        func isFrequent(forPageOf limit: Int) -> Bool {
            // In order, as many rows are read as a page takes at that share; by the index, all that hold it, each in half the
            // time: it comes after its neighbours.
            share * share * tags > 2 * Double(limit + 1) && share * Double(NameSample.reach) > Double(limit + 1)
        }

        func isAmongFirstNames(forPageOf limit: Int) -> Bool {
            share * Double(NameSample.reachByName) > Double(limit + 1)
        }

        /// Fewer are found by their index in less time than it takes to read names until a page is full. So is one with many
        /// tags, which is taken for many.
        var isOfManyRepositories: Bool { shareByRepository > 0.005 }

        /// All that hold it in their own names are found and sorted in less time than it takes to read the first names, among
        /// which there may be none: tags of one repository stand together. Of more than two million tags a sample cannot tell.
        var isRareInTags: Bool { tagsByThemselves < 1_000 }
    }

    func guess(_ text: SearchText, in pool: Pool) async throws -> Guess {
        let names = try await names(in: pool)
        let found = names.lines(with: text.text)
        func share(_ lines: Int) -> Double {
            (Double(lines) - Double(lines).squareRoot()) / Double(max(1, names.count))
        }
        let byTag = Double(found.byTag)
        return Guess(
            share: share(found.all), shareByRepository: share(found.byRepository),
            tagsByThemselves: (byTag + byTag.squareRoot() + 1) / Double(max(1, names.count)) * names.tags,
            tags: names.tags)
    }

    /// Who finds them old reads them anew; all others have the old ones meanwhile.
    private func names(in pool: Pool) async throws -> Names {
        let kept: Names? = state.withLock { state in
            guard let names = state.names, let madeAt = state.madeAt else { return nil }
            if ContinuousClock.now - madeAt < Self.lifetime { return names }
            state.madeAt = .now
            return nil
        }
        if let kept { return kept }
        let names = try await pool.run(SelectSomeNames(count: Self.size)).rows.reduce(into: Names()) { names, row in
            names.append(row.name)
            names.last = Int(row.last)
        }
        state.withLock { $0 = State(names: names, madeAt: .now) }
        return names
    }
}

extension NameSample.Names {
    private static let lineEnd = CChar(UInt8(ascii: "\n"))

    /// About how many there are in all: some numbers stand for none.
    fileprivate var tags: Double { Double(last) * Double(count) / Double(NameSample.size) }

    /// How many hold a text, and how many of them before their last colon and behind it; some hold it in both.
    func lines(with text: String) -> (all: Int, byRepository: Int, byTag: Int) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 }) else { return (0, 0, 0) }
        let colon = CChar(UInt8(ascii: ":"))
        return lines.withUnsafeBufferPointer { lines in
            guard let start = lines.baseAddress else { return (0, 0, 0) }
            var (all, byRepository, byTag) = (0, 0, 0)
            var next = UnsafePointer(strstr(start, text))
            while let found = next {
                let rest = found + text.utf8.count
                guard let end = UnsafePointer(strchr(rest, Int32(Self.lineEnd))) else { break }
                all += 1
                if memchr(rest, Int32(colon), end - rest) != nil { byRepository += 1 }
                var tag = end
                while tag > start, tag[-1] != colon { tag -= 1 }
                next = UnsafePointer(strstr(tag, text))
                if let inTag = next, inTag < end {
                    byTag += 1
                    next = UnsafePointer(strstr(end, text))
                }
            }
            return (all, byRepository, byTag)
        }
    }
}

struct SelectSomeNames: Statement {
    let count: Int
    static let sql: SQL =
        "SELECT lower(r.prefix || t.tag), s.last FROM (SELECT 1 + floor(random() * m.last)::integer AS id, m.last "
        + "FROM (SELECT max(id) AS last FROM tags) m, generate_series(1, $1)) s CROSS JOIN LATERAL (SELECT t.repository_id, "
        + "t.tag FROM tags t WHERE t.id = s.id AND t.state <> 4 OFFSET 0) t" + SelectTags.namesOfRows
    func bind(_ parameters: inout Parameters) { parameters.append(Int64(count)) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (name: String, last: Int32) {
        (try row.next(), try row.next())
    }
}
