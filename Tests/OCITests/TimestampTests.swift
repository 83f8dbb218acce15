import Foundation
import OCI
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-01-31T12:00:00Z", 1_769_860_800_000_000),
        ("2026-01-31T13:00:00+01:00", 1_769_860_800_000_000), ("2026-01-31t06:30:00-05:30", 1_769_860_800_000_000),
        ("2026-01-31 12:00:00z", 1_769_860_800_000_000), ("2026-01-31T12:00:00.5Z", 1_769_860_800_500_000),
        ("2026-01-31T12:00:00.123456789Z", 1_769_860_800_123_456), ("1969-12-31T23:59:59.999999Z", -1),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("2026-01-31T12:00:00-00:00", 1_769_860_800_000_000),
    ]) func isRead(_ text: String, _ microseconds: Int64) throws {
        #expect(try Timestamp(parsing: text).microseconds == microseconds)
    }

    @Test(arguments: [
        "1970-01-01T00:00:00Z", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.000001Z",
        "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "2000-02-29T23:59:59Z", "1900-03-01T00:00:00Z",
    ]) func isWrittenAsItWasRead(_ text: String) throws {
        let time = try Timestamp(parsing: text)
        #expect(time.description == text)
        let json = try JSONEncoder().encode([time])
        #expect(try JSONDecoder().decode([Timestamp].self, from: json) == [time])
    }

    @Test(arguments: [
        "", "now", "2026-01-31", "2026-01-31T12:00Z", "2026-01-31T12:00:00", "2026-1-31T12:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z",
        "2026-01-31T12:00:61Z", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00.1234567890Z", "2026-01-31T12:00:00+0100",
        "2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00Zx", "2026-01-31T12:00:00,5Z", "+2026-01-31T12:00:00Z",
        "1769860800", "２026-01-31T12:00:00Z", String(repeating: "9", count: 1_000_000),
    ]) func isRefused(_ text: String) {
        let error = #expect(throws: TimestampError.self) { try Timestamp(parsing: text) }
        #expect((error?.description.utf8.count ?? 0) < 400)
    }

    @Test func everyDayOfFourCenturies() throws {
        for day in stride(from: Int64(-200_000), to: 200_000, by: 7) {
            let time = Timestamp(seconds: day * 86_400 + 3_661)
            #expect(try Timestamp(parsing: time.description) == time)
        }
    }

    @Test func arithmetic() throws {
        let start = try Timestamp(parsing: "2026-01-31T12:00:00Z")
        #expect(start.advanced(bySeconds: 86_400).description == "2026-02-01T12:00:00Z")
        #expect(start.advanced(bySeconds: 43_200).days(since: start) == 0.5)
        #expect(start.advanced(bySeconds: -1.5).seconds(since: start) == -1.5)
        #expect(Timestamp(secondsSinceEpoch: start.secondsSinceEpoch) == start)
        #expect(start < start.advanced(bySeconds: 0.000_001))
        #expect(Timestamp.now() > start)
    }

    @Test func extremesAreHeldWithoutATrap() {
        #expect(Timestamp(secondsSinceEpoch: .infinity).microseconds == .max)
        #expect(Timestamp(secondsSinceEpoch: -1e300).microseconds == .min)
        #expect(Timestamp(secondsSinceEpoch: .nan).microseconds == 0)
        #expect(Timestamp(seconds: .max).microseconds == .max)
        #expect(Timestamp(microseconds: .max).advanced(bySeconds: 10).microseconds == .max)
        #expect(Timestamp(microseconds: .min).seconds(since: Timestamp(microseconds: .max)) < 0)
        #expect(!Timestamp(microseconds: .min).description.isEmpty)
        #expect(!Timestamp(microseconds: .max).description.isEmpty)
    }
}
