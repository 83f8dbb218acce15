import NIOCore
import NIOHTTP1
import OCI
import Testing

@testable import RegistryClient

@Suite struct QuotaTests {
    private static let now = Timestamp(seconds: 1_767_225_600)

    struct Row: Sendable {
        let headers: [(String, String)]
        let limit: Int?
        var remaining = 0
        var window = 0
        var resetsIn: Int?
    }

    @Test(arguments: [
        // https://docs.docker.com/docker-hub/usage/pulls/
        Row(
            headers: [("ratelimit-limit", "100;w=21600"), ("ratelimit-remaining", "98;w=21600")], limit: 100,
            remaining: 98, window: 21_600),
        Row(headers: [("RateLimit-Limit", " 10 ; W=60"), ("RateLimit-Remaining", "0")], limit: 10, window: 60),
        // The IETF draft's own example, and a list of policies.
        Row(
            headers: [("RateLimit-Limit", "100"), ("RateLimit-Remaining", "50"), ("RateLimit-Reset", "50")], limit: 100,
            remaining: 50, window: 50, resetsIn: 50),
        Row(
            headers: [("RateLimit-Limit", "10, 10;w=1;burst=1000, 1000;w=3600"), ("RateLimit-Remaining", "9")],
            limit: 10, remaining: 9, window: 3_600),
        // GitHub, and Docker Hub's own API.
        Row(
            headers: [
                ("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "56"), ("X-RateLimit-Reset", "1767226000"),
            ], limit: 60, remaining: 56, window: 400, resetsIn: 400),
        Row(
            headers: [("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "90"), ("X-RateLimit-Reset", "1")],
            limit: 60, remaining: 60, window: 1, resetsIn: 1),
        Row(
            headers: [("ratelimit-limit", "5;w=99999999"), ("ratelimit-remaining", "1;w=99999999")], limit: 5,
            remaining: 1, window: 86_400),
        Row(headers: [], limit: nil),
        Row(headers: [("ratelimit-limit", "100;w=21600")], limit: nil),
        Row(headers: [("ratelimit-limit", "0"), ("ratelimit-remaining", "0")], limit: nil),
        Row(headers: [("ratelimit-limit", "-5"), ("ratelimit-remaining", "1")], limit: nil),
        Row(headers: [("ratelimit-limit", "99999999999999999999"), ("ratelimit-remaining", "1")], limit: nil),
        Row(headers: [("ratelimit-limit", ";w=1"), ("ratelimit-remaining", "1")], limit: nil),
        Row(
            headers: [("ratelimit-limit", String(repeating: "9", count: 10_000)), ("ratelimit-remaining", "1")],
            limit: nil),
    ])
    func isRead(_ row: Row) {
        let quota = Quota(headers: HTTPHeaders(row.headers), now: Self.now)
        #expect(quota?.limit == row.limit)
        guard let quota else { return }
        #expect(quota.remaining == row.remaining)
        #expect(quota.window == .seconds(row.window))
        #expect(quota.resetsIn == row.resetsIn.map { .seconds($0) })
    }

    @Test(arguments: [(100, 11, false), (100, 10, true), (100, 0, true), (5, 1, false), (5, 0, true), (60, 6, true)])
    func theLastTenthIsLow(_ limit: Int, _ remaining: Int, _ isLow: Bool) {
        #expect(Quota(limit: limit, remaining: remaining, window: nil)?.isLow == isLow)
    }

    @Test(
        arguments: [
            ([("Retry-After", "7"), ("X-Retry-After", "99")], "", 7.0),
            ([("X-Retry-After", "FUTURE")], "", 90),
            ([("X-Retry-After", "1000000000")], "", 0),
            ([("X-Retry-After", "soon")], "retry-after: 2s, allowed: 44000/minute", 2),
            ([("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "FUTURE")], "", 90),
            ([("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "1"), ("X-RateLimit-Reset", "FUTURE")], "", nil),
        ] as [([(String, String)], String, Double?)])
    func aWishIsHeardInEachForm(_ headers: [(String, String)], _ body: String, _ seconds: Double?) {
        let future = String(Int(Timestamp.now().secondsSinceEpoch) + 90)
        let answer = HTTPAnswer(
            status: 429, headers: HTTPHeaders(headers.map { ($0.0, $0.1 == "FUTURE" ? future : $0.1) }),
            body: ByteBuffer(string: body))
        guard let seconds else { return #expect(answer.retryAfter == nil) }
        #expect(abs((answer.retryAfter?.inSeconds ?? -100) - seconds) <= 2)
    }
}
