import LibPQ
import Synchronization

/// The names of the tags that changed last, from which is guessed how frequent a text is in all. To ask the database for
/// each search would take half of a search's time.
final class NameSample: Sendable {
    /// How many of a list's first rows are read for what is frequent.
    static let reach = 5_000
    private static let size = 1_000
    private static let lifetime: Duration = .seconds(60)

    private struct State {
        /// Each name in lower case and a line's end.
        var names: [UInt8]?
        var madeAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Whether a page of what holds the text is likely to be among the first rows of a list, in any order.
    func isFrequent(_ text: SearchText, forPageOf limit: Int, in pool: Pool) async throws -> Bool {
        let names = try await names(in: pool)
        let wanted = limit + 1
        // As many again as must be there on average.
        let least = max(1, 2 * wanted * Self.size / Self.reach)
        return Self.count(text.text, in: names, atMost: least) >= least
    }

    /// Who finds them old reads them anew; all others have the old ones meanwhile.
    private func names(in pool: Pool) async throws -> [UInt8] {
        let kept: [UInt8]? = state.withLock { state in
            guard let names = state.names, let madeAt = state.madeAt else { return nil }
            if ContinuousClock.now - madeAt < Self.lifetime { return names }
            state.madeAt = .now
            return nil
        }
        if let kept { return kept }
        let names = try await pool.run(SelectNewestNames(count: Self.size)).rows.flatMap { $0.utf8 + [Self.lineEnd] }
        state.withLock { $0 = State(names: names, madeAt: .now) }
        return names
    }

    private static let lineEnd = UInt8(ascii: "\n")

    /// How many lines hold a text.
    static func count(_ text: String, in lines: [UInt8], atMost most: Int) -> Int {
        let text = Array(text.utf8)
        guard let first = text.first else { return 0 }
        return lines.withUnsafeBufferPointer { lines in
            var (count, place) = (0, 0)
            while count < most, place + text.count <= lines.count {
                if lines[place] == first, lines[place..<place + text.count].elementsEqual(text) {
                    count += 1
                    while place < lines.count, lines[place] != lineEnd { place += 1 }
                }
                place += 1
            }
            return count
        }
    }
}

struct SelectNewestNames: Statement {
    let count: Int
    static let sql: SQL =
        "SELECT lower(r.prefix || t.tag) FROM (SELECT t.repository_id, t.tag FROM tags t WHERE t.state <> 4 "
        + "ORDER BY list_seconds(t.last_changed_at) DESC, t.id DESC LIMIT $1) t" + SelectTags.namesOfRows
    func bind(_ parameters: inout Parameters) { parameters.append(Int64(count)) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> String { try row.next() }
}
