import LibPQ
import Synchronization

/// Names of tags at random, from which is guessed how frequent a text is in all. To ask the database for each search would
/// take half of a search's time.
final class NameSample: Sendable {
    /// How many of a list's first rows are read for what is frequent.
    static let reach = 5_000
    fileprivate static let size = 2_000
    private static let lifetime: Duration = .seconds(60)

    struct Names {
        /// Each in lower case and with a line's end.
        var lines: [UInt8] = []
        var count = 0
        /// The highest number that a tag has.
        var last = 0
    }

    private struct State {
        var names: Names?
        var madeAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Whether a page of what holds the text is found sooner by reading a list from its beginning than by the index.
    func isFrequent(_ text: SearchText, forPageOf limit: Int, in pool: Pool) async throws -> Bool {
        let names = try await names(in: pool)
        let lines = Double(names.lines(with: text.text))
        // Less by a standard deviation: who wrongly believes in a text that is rare reads thousands of rows for nothing.
        let (tags, share) = (names.tags, (lines - lines.squareRoot()) / Double(max(1, names.count)))
        // In order, as many rows are read as a page takes at that share; by the index, all that hold it, each in half the
        // time: it comes after its neighbours.
        return share * share * tags > 2 * Double(limit + 1) && share * Double(Self.reach) > Double(limit + 1)
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
            names.lines += row.name.utf8
            names.lines.append(Names.lineEnd)
            names.count += 1
            names.last = Int(row.last)
        }
        state.withLock { $0 = State(names: names, madeAt: .now) }
        return names
    }
}

extension NameSample.Names {
    fileprivate static let lineEnd = UInt8(ascii: "\n")

    /// About how many there are in all: some numbers stand for none.
    fileprivate var tags: Double { Double(last) * Double(count) / Double(NameSample.size) }

    func lines(with text: String) -> Int {
        let text = Array(text.utf8)
        guard let first = text.first, let last = text.last else { return 0 }
        return lines.withUnsafeBufferPointer { lines in
            var (count, place) = (0, 0)
            while place + text.count <= lines.count {
                // Nearly all that is not the text is seen to be none by its ends.
                if lines[place] == first, lines[place + text.count - 1] == last,
                    lines[place..<place + text.count].elementsEqual(text)
                {
                    count += 1
                    while place < lines.count, lines[place] != Self.lineEnd { place += 1 }
                }
                place += 1
            }
            return count
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
