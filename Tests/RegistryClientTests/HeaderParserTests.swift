import OCI
import Testing

@testable import RegistryClient

@Suite struct ChallengeTests {
    struct Row: Sendable {
        let headers: [String]
        let expected: [Challenge]

        init(_ headers: [String], _ expected: [(String, [String: String])]) {
            self.headers = headers
            self.expected = expected.map { Challenge(scheme: $0.0, parameters: $0.1) }
        }
    }

    static let rows: [Row] = [
        // https://distribution.github.io/distribution/spec/auth/token/
        Row(
            [
                "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:samalba/my-app:pull,push\""
            ],
            [
                (
                    "bearer",
                    [
                        "realm": "https://auth.docker.io/token", "service": "registry.docker.io",
                        "scope": "repository:samalba/my-app:pull,push",
                    ]
                )
            ]),
        Row(["Bearer realm=\"https://ghcr.io/Token\""], [("bearer", ["realm": "https://ghcr.io/Token"])]),
        Row(["BEARER Realm=https://x/T , SERVICE=y"], [("bearer", ["realm": "https", "service": "y"])]),
        Row(["bearer realm=abc,service = \"a b\""], [("bearer", ["realm": "abc", "service": "a b"])]),
        Row(["Basic realm=\"Registry Realm\""], [("basic", ["realm": "Registry Realm"])]),
        Row(["Basic"], [("basic", [:])]),
        Row(["Basic, Bearer realm=\"r\""], [("basic", [:]), ("bearer", ["realm": "r"])]),
        Row(
            ["Basic realm=\"a, b\", Bearer realm=\"c\",scope=\"d,e\""],
            [("basic", ["realm": "a, b"]), ("bearer", ["realm": "c", "scope": "d,e"])]),
        Row(["Basic realm=\"a\"", "Bearer realm=\"b\""], [("basic", ["realm": "a"]), ("bearer", ["realm": "b"])]),
        Row(["Negotiate YIIB/6gGbm==, Bearer realm=\"b\""], [("negotiate", [:]), ("bearer", ["realm": "b"])]),
        Row(["Negotiate", "NTLM"], [("negotiate", [:]), ("ntlm", [:])]),
        // RFC 9110, section 11.6.1
        Row(
            ["Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\""],
            [
                ("basic", ["realm": "simple"]),
                ("newauth", ["realm": "apps", "type": "1", "title": "Login to \"apps\""]),
            ]),
        Row(
            ["Bearer realm=\"r\",error=\"insufficient_scope\",scope=\"\""],
            [("bearer", ["realm": "r", "error": "insufficient_scope", "scope": ""])]),
        Row(["Bearer realm=\"r\", realm=\"other\""], [("bearer", ["realm": "r"])]),
        Row([",, Bearer ,realm=\"r\""], [("bearer", ["realm": "r"])]),
        Row([""], []), Row([" , ,"], []), Row(["=x"], []), Row(["\"\""], []),
        Row(["Bearer realm=\"never closed"], [("bearer", [:])]),
        Row(["Bearer realm="], [("bearer", [:])]),
        Row(["Bearer =\"x\",realm=\"y\""], [("bearer", ["realm": "y"])]),
    ]

    @Test(arguments: rows) func isRead(_ row: Row) {
        #expect(Challenge.parse(row.headers) == row.expected)
    }

    @Test func hostileHeadersAreBounded() {
        #expect(Challenge.parse([String(repeating: "Basic, ", count: 100_000)]).count <= 16)
        #expect(Challenge.parse(Array(repeating: "Basic", count: 1_000)).count <= 16)
        #expect(Challenge.parse(["Bearer realm=\"" + String(repeating: "\\", count: 1_000_000)]).count == 1)
        #expect(Challenge.parse([String(repeating: "\"", count: 100_000)]).isEmpty)
    }
}

@Suite struct LinkHeaderTests {
    static let rows: [([String], String?)] = [
        (["</v2/a/tags/list?last=x&n=10>; rel=\"next\""], "/v2/a/tags/list?last=x&n=10"),
        (["<https://r/v2/_catalog?last=b>; rel=next"], "https://r/v2/_catalog?last=b"),
        (["</a>; REL=\"NEXT\""], "/a"),
        (["</a>; rel=\"prev\", </b>; rel=\"next\""], "/b"),
        (["</a>; rel=\"prev\"", "</b>; rel=\"next\""], "/b"),
        (["</a>; title=\"x, y; rel=next\"; rel=\"last next\""], "/a"),
        (["</a,b>;rel=\"next\""], "/a,b"),
        (["</a>"], "/a"),
        (["</a>; rel=\"prev\""], nil), ([""], nil), ([], nil), (["<never closed"], nil), (["/a; rel=next"], nil),
        (["</a>, </b>"], nil), (["<>; rel=\"next\""], ""),
    ]

    @Test(arguments: rows) func next(_ headers: [String], _ expected: String?) {
        #expect(LinkHeader.next(headers) == expected)
    }

    @Test func hostileHeadersAreBounded() {
        #expect(LinkHeader.next([String(repeating: "<a>;", count: 1_000_000)]) != "x")
        #expect(LinkHeader.next([String(repeating: "<", count: 1_000_000)]) == nil)
    }
}

@Suite struct RetryAfterTests {
    static let now = Timestamp(seconds: 784_111_777)  // Sun, 06 Nov 1994 08:49:37 GMT

    static let headers: [(String?, Duration?)] = [
        (nil, nil), ("", nil), ("0", .zero), ("120", .seconds(120)), (" 5 ", .seconds(5)), ("1.5", .seconds(1.5)),
        ("Sun, 06 Nov 1994 08:50:37 GMT", .seconds(60)), ("Sunday, 06-Nov-94 08:50:37 GMT", .seconds(60)),
        ("Sun Nov  6 08:50:37 1994", .seconds(60)), ("Sun, 06 Nov 1994 08:00:00 GMT", .zero),
        ("99999999999999999999999999", .seconds(3_000_000_000)), ("-5", nil), ("soon", nil), ("1e9", nil), ("nan", nil),
        ("inf", nil), ("Sun, 32 Nov 1994 08:50:37 GMT", nil), ("Sun, 06 Foo 1994 08:50:37 GMT", nil),
        (String(repeating: "9", count: 100_000), nil), ("..", nil),
    ]

    @Test(arguments: headers) func header(_ text: String?, _ expected: Duration?) {
        #expect(RetryAfter.parse(header: text, now: Self.now) == expected)
    }

    static let bodies: [(String, Duration?)] = [
        ("retry-after: 1.05ms, allowed: 44000/minute", .microseconds(1_050)),
        ("{\"message\":\"Retry-After: 30s, allowed\"}", .seconds(30)), ("retry-after: 2m", .seconds(120)),
        ("retry-after: 7", .seconds(7)), ("retry-after: x", nil), ("retry-after: 5 fortnights", .seconds(5)),
        ("retry-after: 5parsec", nil), ("", nil), ("too many requests", nil), ("retry-after: ", nil),
    ]

    @Test(arguments: bodies) func body(_ text: String, _ expected: Duration?) {
        #expect(RetryAfter.parse(body: Array(text.utf8)) == expected)
    }
}

@Suite struct TokenAnswerTests {
    static let good: [(String, String, Int)] = [
        ("{\"token\":\"abc\"}", "abc", 54), ("{\"access_token\":\"abc\",\"expires_in\":300}", "abc", 270),
        ("{\"token\":\"\",\"access_token\":\"abc\",\"expires_in\":3600}", "abc", 3_570),
        ("{\"token\":\"a\",\"access_token\":\"b\"}", "a", 54), ("{\"token\":\"a\",\"expires_in\":\"300\"}", "a", 54),
        ("{\"token\":\"a\",\"expires_in\":-5}", "a", -5), ("{\"token\":\"a\",\"expires_in\":1e300}", "a", 86_370),
        (" {\"token\":\"a\",\"expires_in\":60,\"issued_at\":\"x\"}", "a", 54),
    ]

    @Test(arguments: good) func isRead(_ body: String, _ token: String, _ seconds: Int) throws {
        let answer = try #require(TokenAnswer(parsing: Array(body.utf8)))
        #expect(answer.token == Secret(token))
        #expect(answer.usableFor == .seconds(seconds))
    }

    static let bad = [
        "", "{}", "[]", "token", "{\"token\":null}", "{\"token\":\"\"}", "{\"token\":5}", "{\"token\":\"a b\"}",
        "{\"token\":\"a\\r\\nX: y\"}", "{\"token\":\"" + String(repeating: "a", count: 40_000) + "\"}",
        "{\"token\":\"ä\"}", String(repeating: "[", count: 10_000),
    ]

    @Test(arguments: bad) func isRefused(_ body: String) {
        #expect(TokenAnswer(parsing: Array(body.utf8)) == nil)
    }

    @Test func cacheIsBoundedAndExpires() {
        var cache = TokenCache()
        for index in 0..<5_000 {
            cache.keep(Secret("t\(index)"), for: "s\(index)", until: .seconds(10), at: .zero)
        }
        #expect(cache.header(for: "s4999", at: .seconds(9)) == Secret("t4999"))
        #expect(cache.header(for: "s4999", at: .seconds(10)) == nil)
        #expect((0..<5_000).count { cache.header(for: "s\($0)", at: .zero) != nil } <= 1_000)
        cache.drop(Secret("another"), for: "s4999")
        #expect(cache.header(for: "s4999", at: .zero) != nil)
        cache.drop(Secret("t4999"), for: "s4999")
        #expect(cache.header(for: "s4999", at: .zero) == nil)
    }
}
