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
            let prevPoll: Double
            let detected: Double
            let digest: String
            let pushedAt: Double?
            let kind: String?
            let platforms: [String]?
        }

        let firstSeen: Double
        let lastPoll: Double
        let now: Double
        let firstDigest: String
        let changes: [Step]
        let superseded: Bool?
    }

    struct Expected: Decodable, Sendable {
        let changes: Int
        let updates: Int
        let flaps: Int
        let reverts: Int
        let observedDays: Double
        let windowDays: Double
        let updatesInWindow: Int
        let rateMlePerDay: Double?
        let kStar: Double?
        let ratePerDay: Double?
        let rateLow95: Double?
        let rateHigh95: Double?
        let rateAtMost95: Double?
        let medianGapDays: Double?
        let meanGapDays: Double?
        let longestGapDays: Double?
        let cvGaps: Double?
        let medianGapLow95: Double?
        let medianGapHigh95: Double?
        let daysSinceLastUpdate: Double?
        let worstGapDays: Double?
        let worstGapDaysEver: Double?
        let pAlive: Double?
        let pDue7D: Double?
        let pDue14D: Double?
        let pDue30D: Double?
        let laplaceU: Double?
        let rhythmDays: Int?
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
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(File.self, from: Data(contentsOf: url)).cases
    }

    static func time(_ seconds: Double) -> Timestamp { Timestamp(secondsSinceEpoch: seconds) }

    func rows() throws -> [Change] {
        var previous = try digest(input.firstDigest)
        var rows = [
            Change(digest: previous, kind: .first, source: .observed, observedAt: Self.time(input.firstSeen))
        ]
        for step in input.changes {
            let new = try digest(step.digest)
            rows.append(
                Change(
                    digest: new, previousDigest: previous,
                    kind: try #require(ChangeKind(name: step.kind ?? "rebuild")), source: .observed,
                    observedAt: Self.time(step.detected), notBefore: Self.time(step.prevPoll),
                    pushedAt: step.pushedAt.map(Self.time),
                    platforms: try (step.platforms ?? []).map { try #require(Platform(parsing: $0)) }))
            previous = new
        }
        return rows
    }
}
