import Foundation
import OCI
import Testing

@testable import TagHistory

/// A worked case of STATISTICS.md.
struct StatisticsCase: Decodable, CustomTestStringConvertible, Sendable {
    struct File: Decodable {
        let cases: [StatisticsCase]
    }

    struct Input: Decodable, Sendable {
        struct Step: Decodable, Sendable {
            let prev_poll: Double
            let detected: Double
            let digest: String
            let pushed_at: Double?
            let kind: String?
            let platforms: [String]?
        }

        let first_seen: Double
        let last_poll: Double
        let now: Double
        let first_digest: String
        let changes: [Step]
        let superseded: Bool?
    }

    struct Expected: Decodable, Sendable {
        let changes: Int
        let updates: Int
        let flaps: Int
        let reverts: Int
        let observed_days: Double
        let window_days: Double
        let updates_in_window: Int
        let rate_mle_per_day: Double?
        let k_star: Double?
        let rate_per_day: Double?
        let rate_low95: Double?
        let rate_high95: Double?
        let rate_at_most95: Double?
        let median_gap_days: Double?
        let mean_gap_days: Double?
        let longest_gap_days: Double?
        let cv_gaps: Double?
        let median_gap_low95: Double?
        let median_gap_high95: Double?
        let days_since_last_update: Double?
        let worst_gap_days: Double?
        let worst_gap_days_ever: Double?
        let p_alive: Double?
        let p_due_7d: Double?
        let p_due_14d: Double?
        let p_due_30d: Double?
        let laplace_u: Double?
        let rhythm_days: Int?
        let overdue: Bool
        let evidence: String
        let rhythm: String
    }

    let name: String
    let input: Input
    let expected: Expected

    var testDescription: String { name }

    static func load(_ file: String) throws -> [StatisticsCase] {
        let url = try #require(Bundle.module.url(forResource: file, withExtension: "json"))
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
    }

    static func time(_ seconds: Double) -> Timestamp { Timestamp(secondsSinceEpoch: seconds) }

    func rows() throws -> [Change] {
        var previous = try digest(input.first_digest)
        var rows = [
            Change(digest: previous, kind: .first, source: .observed, observedAt: Self.time(input.first_seen))
        ]
        for step in input.changes {
            let new = try digest(step.digest)
            rows.append(
                Change(
                    digest: new, previousDigest: previous,
                    kind: try #require(ChangeKind(name: step.kind ?? "rebuild")), source: .observed,
                    observedAt: Self.time(step.detected), notBefore: Self.time(step.prev_poll),
                    pushedAt: step.pushed_at.map(Self.time),
                    platforms: try (step.platforms ?? []).map { try #require(Platform(parsing: $0)) }))
            previous = new
        }
        return rows
    }
}
