import OCI
import Testing

@testable import TagHistory

@Suite struct DatedSeriesTests {
    @Test(arguments: [
        ("bookworm-20260803", "bookworm", "2026-08-03", 0), ("noble-20260810", "noble", "2026-08-10", 0),
        ("9.4-20260101", "9.4", "2026-01-01", 0), ("9.4.20240523", "9.4", "2024-05-23", 0),
        ("20260810-slim", "slim", "2026-08-10", 0), ("bookworm-20260803-slim", "bookworm-slim", "2026-08-03", 0),
        ("20260810", "", "2026-08-10", 0), ("2026-08-10", "", "2026-08-10", 0), ("2026.08.10", "", "2026-08-10", 0),
        ("20260810.1", "", "2026-08-10", 1), ("noble-20260810-2", "noble", "2026-08-10", 2),
        ("v20240501", "v", "2024-05-01", 0), ("edge-20240229", "edge", "2024-02-29", 0),
    ])
    func dates(tag: String, stem: String, day: String, build: Int) throws {
        let dated = try #require(DatedTag(try Tag(parsing: tag)))
        #expect(dated.stem == stem)
        #expect(dated.day == (try Timestamp(parsing: day + "T00:00:00Z")))
        #expect(dated.build == build)
    }

    @Test(arguments: [
        "latest", "3.12", "bookworm", "20261399", "20250229", "19991231", "120260803", "2026080", "1.2.3", "2026-8-10",
        "2026-08.10", "sha-20260803123456",
    ])
    func noDates(tag: String) throws { #expect(DatedTag(try Tag(parsing: tag)) == nil) }

    static let now = at("2026-08-20T00:00:00Z")

    static func at(_ text: String) -> Timestamp { (try? Timestamp(parsing: text)) ?? Timestamp(seconds: 0) }

    static func digest(_ number: UInt8) throws -> Digest { try Digest(bytes: Array(repeating: number, count: 32)) }

    static func member(_ tag: String, _ number: UInt8?, _ pushedAt: String? = nil) throws -> ListedMember {
        ListedMember(tag: try Tag(parsing: tag), digest: try number.map { try digest($0) }, pushedAt: pushedAt.map(at))
    }

    static func bookworm() throws -> DatedSeries {
        DatedSeries(
            [
                try member("bookworm", 4, "2026-08-04T02:00:00Z"), try member("12", 4, "2026-08-04T02:00:00Z"),
                try member("bookworm-20260803", 4, "2026-08-04T01:00:00Z"),
                try member("bookworm-20260713", 2, "2026-07-14T01:00:00Z"),
                // Pushed again long after the next one had come.
                try member("bookworm-20260720", 3, "2026-08-15T01:00:00Z"),
                try member("bookworm-20260701", 1), try member("bookworm-20260620", nil, "2026-06-21T00:00:00Z"),
                try member("bookworm-20270101", 9), try member("trixie-20260803", 7, "2026-08-04T01:00:00Z"),
            ], now: now)
    }

    @Test(arguments: ["bookworm", "12"])
    func aSeriesIsTheFloatingTagsPast(tag: String) throws {
        let past = try Self.bookworm().past(of: try Tag(parsing: tag), bearing: try Self.digest(4))
        #expect(past.map(\.digest) == [try Self.digest(1), try Self.digest(2), try Self.digest(4)])
        #expect(past.allSatisfy { $0.source == .sibling })
        #expect(
            past.map(\.observedAt)
                == ["2026-07-02T00:00:00Z", "2026-07-14T01:00:00Z", "2026-08-04T01:00:00Z"].map(Self.at))
        #expect(past[0].notBefore == Self.at("2026-07-01T00:00:00Z"))
        #expect(past[0].pushedAt == nil)
        #expect(past[1].pushedAt == past[1].observedAt)
    }

    @Test func onlyWhereTheNewestBearsTheTagsDigest() throws {
        let series = try Self.bookworm()
        #expect(series.past(of: try Tag(parsing: "bookworm"), bearing: try Self.digest(2)).isEmpty)
        #expect(series.past(of: try Tag(parsing: "bookworm-20260803"), bearing: try Self.digest(4)).isEmpty)
    }

    @Test func whatAnOlderVersionStoppedAtIsNotOfTheNewer() throws {
        var listing = try (UInt8(1)...6).map { (day: UInt8) in try Self.member("bookworm-2026070\(day)", day) }
        listing += try [("12.9", 1), ("12.10", 3), ("12.11", 6), ("12", 6), ("11", 3), ("12.10-slim", 5), ("12.12", 5)]
            .map { try Self.member($0, $1) }
        let now = Self.at("2026-07-06T12:00:00Z")
        func past(_ tag: String, _ more: [ListedMember] = []) throws -> [UInt8?] {
            DatedSeries(listing + more, now: now).past(of: try Tag(parsing: tag), bearing: try Self.digest(6))
                .map { $0.digest?.bytes[0] }
        }
        #expect(try past("12.11") == [4, 5, 6])
        #expect(try past("12") == [4, 5, 6])
        #expect(try past("bookworm") == [1, 2, 3, 4, 5, 6])
        // An older version that moves along is an alias.
        #expect(try past("12.11", [try Self.member("12.8", 6)]) == [4, 5, 6])
        let newest = DatedSeries(listing, now: now).past(of: try Tag(parsing: "12"), bearing: try Self.digest(6)).last
        #expect(newest?.observedAt == now)
    }

    @Test func thousandsOfTagsTakeNoTime() throws {
        var listing: [ListedMember] = []
        for day in 0..<100_000 {
            let date = Timestamp(seconds: 1_400_000_000 + Int64(day % 4_000) * 86_400).description.prefix(10)
            listing.append(
                ListedMember(
                    tag: try Tag(parsing: "s\(day / 4_000)-\(date.filter { $0 != "-" })"),
                    digest: try Self.digest(UInt8(day % 251)), pushedAt: nil))
        }
        let start = ContinuousClock.now
        let series = DatedSeries(listing, now: Self.now)
        _ = series.past(of: try Tag(parsing: "s1"), bearing: try Self.digest(UInt8(7_999 % 251)))
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}
