import HTTPTypes
import OCI
import Store
import Testing

@testable import Web

@Suite struct QueryTests {
    @Test func aListsParametersAreRead() throws {
        let query = try Query("query=py+thon%3A&registry=GHCR.io&state=failing&sort=-lastChanged&limit=7&cursor=x&a=b")
            .tags()
        #expect(query.text == "py thon:")
        #expect(query.registry?.name == "ghcr.io")
        #expect(query.state == .failing)
        #expect(query.sort == .lastChanged)
        #expect(query.descending)
        #expect(query.limit == 7)
        #expect(query.cursor == "x")
    }

    @Test(arguments: [nil, "", "&&", "=", "a", "query=", "sort=&limit="])
    func nothingMeansTheDefaults(text: String?) throws {
        let query = try Query(text).tags()
        #expect(query.text.isEmpty && query.sort == .name && !query.descending && query.limit == 100)
    }

    @Test(arguments: [
        ("sort=size", 400, "name, changes, changes30d, interval, lastChanged, trackedSince"),
        ("sort=--name", 400, "name"), ("limit=0", 400, "1 to 1000"), ("limit=1001", 400, "1 to 1000"),
        ("limit=many", 400, "1 to 1000"), ("limit=99999999999999999999", 400, "1 to 1000"),
        ("state=ill", 400, "pending, active, missing, untracked, failing"), ("query=%00", 400, "control"),
        ("query=%ff", 400, "UTF-8"), ("query=" + String(repeating: "a", count: 500), 400, "400"),
        ("registry=a+b", 422, "registry"), ("repository=A", 422, "repository"),
    ])
    func whatIsWrongIsSaid(text: String, status: Int, hint: String) {
        let problem = #expect(throws: Problem.self) { _ = try Query(text).tags() }
        #expect(problem?.status.code == status)
        #expect(problem?.detail.contains(hint) == true)
    }

    @Test func aTimesPlusMayStandRaw() throws {
        let time = try Timestamp(parsing: "2026-01-31T12:00:00+02:00")
        #expect(try Query("at=2026-01-31T12:00:00+02:00").time("at") == time)
        #expect(try Query("at=2026-01-31T12:00:00%2B02:00").time("at") == time)
        #expect(throws: Problem.self) { try Query("at=yesterday").time("at") }
    }
}
