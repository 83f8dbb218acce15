import Foundation
import OCI
import Testing

@testable import Web

@Suite struct CivilDayTests {
    /// Every day of 400 years and some far ones, against Foundation's calendar.
    @Test func daysAreTheCalendars() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        let days = Array(-73_100...73_100) + Array(stride(from: 80_000, to: 2_900_000, by: 9_973))
        let wrong = days.filter { day in
            let seconds = Int64(day) * 86_400 + Int64((day * 7_919) % 86_400 + 86_400) % 86_400
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute], from: Date(timeIntervalSince1970: Double(seconds)))
            let time = Timestamp(seconds: seconds)
            let civil = CivilDay(time)
            return civil.year != parts.year || civil.month != parts.month || civil.day != parts.day
                || CivilDay.minute(of: time) != (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
        }
        #expect(wrong.isEmpty)
    }

    @Test(arguments: [
        ("2026-01-31T12:00:00Z", "31 Jan 2026, 12:00 UTC"), ("1969-12-31T23:59:59.999999Z", "31 Dec 1969, 23:59 UTC"),
        ("2024-02-29T00:00:00Z", "29 Feb 2024, 00:00 UTC"), ("0001-01-01T00:00:00Z", "1 Jan 1, 00:00 UTC"),
        ("9999-12-31T09:05:00Z", "31 Dec 9999, 09:05 UTC"),
    ])
    func timesAreWritten(time: String, words: String) throws {
        #expect(Words.time(try Timestamp(parsing: time)) == words)
    }
}
