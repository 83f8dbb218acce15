import LibPQ
import Logging
import OCI
import Store
import TagHistory
import TestSupport
import Testing

/// Midnight of 2026-01-01.
let start = Timestamp(seconds: 1_767_225_600)

func hour(_ hours: Double) -> Timestamp { start.advanced(bySeconds: hours * 3_600) }

func digest(_ name: String) throws -> Digest {
    try Digest(bytes: Array(name.utf8) + Array(repeating: 0, count: 32 - name.utf8.count))
}

/// "app:1" of a registry for tests; any full reference as it is.
func reference(_ text: String) throws -> TagReference {
    try TagReference(parsing: text.contains("/") ? text : "registry.test/" + text)
}

/// Rows in short: "first A@1" or "rebuild! A>B@3>2": digests and hours, where `!` is a revert and the last number
/// `notBefore`.
func text(_ rows: [Change]) -> [String] {
    func name(_ digest: Digest?) -> String {
        digest.map { String(decoding: $0.bytes.prefix { $0 != 0 }, as: UTF8.self) } ?? "-"
    }
    func number(_ time: Timestamp) -> String {
        let hours = time.seconds(since: start) / 3_600
        return hours == hours.rounded() ? String(Int(hours)) : String(hours)
    }
    return rows.map { row in
        row.kind.name + (row.reverted ? "! " : " ") + (row.previousDigest.map { name($0) + ">" } ?? "")
            + name(row.digest) + "@" + number(row.observedAt) + (row.notBefore.map { ">" + number($0) } ?? "")
    }
}

/// "A@1 B@2 -@3": digests and hours; `-` is a missing tag, `A@5>4` has a `notBefore`.
func observations(_ text: String, source: Source = .imported) throws -> [Observation] {
    try text.split(separator: " ").map { word in
        let parts = word.split(separator: "@")
        let times = try parts[1].split(separator: ">").map { try #require(Double($0)) }
        return Observation(
            digest: parts[0] == "-" ? nil : try digest(String(parts[0])), observedAt: hour(times[0]),
            notBefore: times.count > 1 ? hour(times[1]) : nil, source: source)
    }
}

extension TagStore {
    func importAll(_ rows: [ImportRow], at now: Timestamp = hour(0), chunk: Int = 1_000) async throws -> ImportSummary {
        var rest = rows[...]
        return try await importObservations(at: now) {
            defer { rest = rest.dropFirst(chunk) }
            return rest.isEmpty ? nil : Array(rest.prefix(chunk))
        }
    }

    @discardableResult
    func importAll(_ text: String, of name: String = "app:1", at now: Timestamp = hour(0)) async throws -> ImportSummary
    {
        let reference = try reference(name)
        return try await importAll(
            try observations(text).map { ImportRow(reference: reference, observation: $0) }, at: now)
    }

    func rows(of name: String = "app:1") async throws -> [String] {
        text(try await history(of: #require(try await tag(reference(name))).id))
    }

    /// The first column of trusted text, for looking behind the store's back.
    func values<Row: PostgresDecodable>(_ sql: SQL, as type: Row.Type = Row.self) async throws -> [Row] {
        try await pool.run(Query<Row>(sql: sql)).rows
    }

    func newTag(_ name: String = "app:1") async throws -> TrackedTag? { try await tag(reference(name)) }
}

struct Query<Row: PostgresDecodable>: Statement {
    let sql: SQL
    static var sql: SQL { "" }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row { try row.next() }
}

/// The same numbers on every run: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
