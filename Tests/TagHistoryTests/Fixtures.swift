import Foundation
import OCI
import Testing

@testable import TagHistory

/// Midnight of 2026-01-01: a Thursday.
let start = Timestamp(seconds: 1_767_225_600)

func day(_ days: Double) -> Timestamp { start.advanced(bySeconds: days * 86_400) }

func digest(_ name: String) throws -> Digest {
    try Digest(bytes: Array(name.utf8) + Array(repeating: 0, count: 32 - name.utf8.count))
}

/// "A@1 B@2 -@3": digests and days; `-` is a missing tag, `A@5>4` has a `notBefore`.
func observations(_ text: String, source: Source = .imported) throws -> [Observation] {
    try text.split(separator: " ").map { word in
        let parts = word.split(separator: "@")
        let times = try parts[1].split(separator: ">").map { try #require(Double($0)) }
        return Observation(
            digest: parts[0] == "-" ? nil : try digest(String(parts[0])), observedAt: day(times[0]),
            notBefore: times.count > 1 ? day(times[1]) : nil, source: source)
    }
}

/// Rows in short: "first A@1" or "rebuild! A>B@3>2", where `!` is a revert and the last number `notBefore`.
func text(_ rows: [Change]) -> [String] {
    func name(_ digest: Digest?) -> String {
        digest.map { String(decoding: $0.bytes.prefix { $0 != 0 }, as: UTF8.self) } ?? "-"
    }
    func number(_ time: Timestamp) -> String {
        let days = time.days(since: start)
        return days == days.rounded() ? String(Int(days)) : String(days)
    }
    return rows.map { row in
        row.kind.name + (row.reverted ? "! " : " ") + (row.previousDigest.map { name($0) + ">" } ?? "")
            + name(row.digest) + "@" + number(row.observedAt) + (row.notBefore.map { ">" + number($0) } ?? "")
    }
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

/// Equal to a relative 1e-6 (absolute 1e-9), or both nil.
func isClose(_ value: Double?, _ expected: Double?) -> Bool {
    guard let value, let expected else { return value == nil && expected == nil }
    return abs(value - expected) <= max(1e-9, 1e-6 * abs(expected))
}
