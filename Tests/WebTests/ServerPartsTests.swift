import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import Testing

@testable import Web

@Suite struct RateLimiterTests {
    @Test func aBurstThenADrip() {
        let limiter = RateLimiter(burst: 3, perSecond: 0.5)
        let now = TestSite.now
        for _ in 0..<3 { #expect(limiter.take("a", at: now) == nil) }
        #expect(limiter.take("a", at: now) == 2)
        #expect(limiter.take("b", at: now) == nil)
        #expect(limiter.take("a", at: now.advanced(bySeconds: 1)) == 1)
        #expect(limiter.take("a", at: now.advanced(bySeconds: 2)) == nil)
        #expect(limiter.take("a", at: now.advanced(bySeconds: 2)) == 2)
    }

    @Test func severalAreTakenTogetherOrNotAtAll() {
        let limiter = RateLimiter(burst: 5, perSecond: 0.5)
        #expect(limiter.take("a", count: 4, at: TestSite.now) == nil)
        #expect(limiter.take("a", count: 3, at: TestSite.now) == 4)
        #expect(limiter.take("a", at: TestSite.now) == nil)
        #expect(limiter.take("a", count: 3, at: TestSite.now.advanced(bySeconds: 6)) == nil)
    }

    @Test func aClockThatGoesBackGivesNothingAway() {
        let limiter = RateLimiter(burst: 1, perSecond: 1)
        #expect(limiter.take("a", at: TestSite.now) == nil)
        #expect(limiter.take("a", at: TestSite.now.advanced(bySeconds: -1_000)) == 1)
    }

    @Test func manyClientsDoNotMakeItForgetTheBusyOne() {
        let limiter = RateLimiter(burst: 1, perSecond: 0.001, capacity: 100)
        #expect(limiter.take("busy", at: TestSite.now) == nil)
        for number in 0..<1_000 {
            #expect(limiter.take("client \(number)", at: TestSite.now) == nil)
            if number % 50 == 0 { #expect(limiter.take("busy", at: TestSite.now) != nil) }
        }
    }
}

@Suite struct ClientAddressTests {
    @Test(arguments: [
        ("203.0.113.7", "10.0.0.1", "203.0.113.7"), ("1.1.1.1, 203.0.113.7", "10.0.0.1", "203.0.113.7"),
        ("203.0.113.7, 10.2.2.2", "10.0.0.1", "203.0.113.7"), ("203.0.113.7", "192.0.2.1", "192.0.2.1"),
        ("nonsense", "10.0.0.1", "10.0.0.1"), ("203.0.113.7:4711", "10.0.0.1", "203.0.113.7"),
    ])
    func onlyTrustedProxiesAreBelieved(header: String, peer: String, client: String) throws {
        let addresses = try ClientAddress(trustedProxies: ["10.0.0.0/8"])
        let plain = try ClientAddress(trustedProxies: [])
        let expected = plain.client(of: try SocketAddress(ipAddress: client, port: 1), headers: [:])
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name("X-Forwarded-For"))] = header
        #expect(addresses.client(of: try SocketAddress(ipAddress: peer, port: 1), headers: headers) == expected)
        #expect(addresses.client(of: nil, headers: headers) == "unknown")
    }

    /// A proxy writes one of them, and passes the other on as the client sent it.
    @Test(arguments: [
        (nil, "20.1.d.b8.0.1.0.2"), ("[2001:db8:1:2::9]:80", "20.1.d.b8.0.1.0.2"), ("192.0.2.9", "0.0.0.0.0.0.0.0"),
    ])
    func headersThatContradictEachOtherAreNotBelieved(older: String?, client: String) throws {
        let addresses = try ClientAddress(trustedProxies: ["::1"])
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name("Forwarded"))] = "for=\"[2001:db8:1:2::9]:80\";proto=https"
        if let older { headers[try #require(HTTPField.Name("X-Forwarded-For"))] = older }
        let origin = addresses.origin(of: try SocketAddress(ipAddress: "::1", port: 1), headers: headers)
        #expect(origin.client == client)
        #expect(origin.scheme == (older == "192.0.2.9" ? nil : "https"))
    }

    @Test func theFarthestTrustedProxySaysWhereARequestWent() throws {
        let addresses = try ClientAddress(trustedProxies: ["10.0.0.0/8"])
        let lists = [
            ["Forwarded": "host=evil.test, for=1.2.3.4;proto=https;host=tags.test, for=10.0.0.2;proto=http;host=inner"],
            [
                "X-Forwarded-For": "6.6.6.6, 1.2.3.4, 10.0.0.2", "X-Forwarded-Proto": "https, http",
                "X-Forwarded-Host": "evil.test, tags.test, inner",
            ],
        ]
        for fields in lists {
            var headers = HTTPFields()
            for (name, value) in fields { headers[try #require(HTTPField.Name(name))] = value }
            let origin = addresses.origin(of: try SocketAddress(ipAddress: "10.0.0.1", port: 1), headers: headers)
            #expect(origin == .init(client: "1.2.3.4", scheme: "https", host: "tags.test"))
        }
    }

    @Test(arguments: [
        ("X-Forwarded-Proto", "https", "https", nil), ("X-Forwarded-Host", "evil.test, tags.test", nil, "tags.test"),
        (
            "Forwarded", "for=1.2.3.4;host=evil.test, for=192.0.2.7;proto=HTTPS;host=\"tags.test:8443\"", "https",
            "tags.test:8443"
        ),
        ("X-Other", "x", nil, nil),
    ])
    func aTrustedProxySaysWhereARequestWent(name: String, value: String, scheme: String?, host: String?) throws {
        let addresses = try ClientAddress(trustedProxies: ["10.0.0.0/8"])
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name(name))] = value
        let told = addresses.origin(of: try SocketAddress(ipAddress: "10.0.0.1", port: 1), headers: headers)
        #expect(told.scheme == scheme && told.host == host)
        let other = addresses.origin(of: try SocketAddress(ipAddress: "192.0.2.1", port: 1), headers: headers)
        #expect(other.scheme == nil && other.host == nil)
    }

    @Test func anIPv6HouseholdIsOneClient() throws {
        let addresses = try ClientAddress(trustedProxies: [])
        func client(_ text: String) throws -> String {
            addresses.client(of: try SocketAddress(ipAddress: text, port: 1), headers: [:])
        }
        #expect(try client("2001:db8::1") == client("2001:db8::ffff"))
        #expect(try client("2001:db8:0:1::1") != client("2001:db8::1"))
        #expect(try client("::ffff:192.0.2.1") == client("192.0.2.1"))
    }

    @Test(arguments: ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "proxy.example.com", "fd00::/129"])
    func aProxyThatIsNoAddressIsRefused(text: String) {
        #expect(throws: WebError.badProxy(text)) { try ClientAddress(trustedProxies: [text]) }
    }
}

@Suite struct AccessTests {
    private func request(_ headers: HTTPFields) -> Request {
        Request(
            head: .init(method: .post, scheme: "https", authority: "tagbeat.example", path: "/", headerFields: headers),
            body: .init(buffer: ByteBuffer()))
    }

    @Test(arguments: [
        ("Bearer secret", true), ("bearer secret", true), ("Bearer  secret", true), ("Bearer secreT", false),
        ("Bearer", false), ("Bearer ", false), ("secret", false), ("Basic secret", false), ("", false),
    ])
    func theTokenMustBeExact(header: String, isAdmin: Bool) async {
        let request = request([.authorization: header])
        #expect(await Access(adminToken: "secret").isTrusted(request) { _ in false } == isAdmin)
        #expect(await !Access(adminToken: nil).isTrusted(request) { _ in false })
        #expect(await !Access(adminToken: "").isTrusted(request) { _ in false })
    }

    /// The database is asked for a hash, and only for what can be a token.
    @Test func otherTokensAreLookedUpByTheirHash() async {
        let token = AccessToken()
        #expect(token.text != AccessToken().text)
        #expect(AccessToken(token.text)?.hash == token.hash)
        let access = Access(adminToken: "secret")
        #expect(await access.isTrusted(request([.authorization: "Bearer \(token.text)"])) { $0 == token.hash })
        for text in ["tagbeat_", "tagbeat_x", token.text + "x", "x" + token.text, "Bearer"] {
            await confirmation(expectedCount: 0) { asked in
                #expect(
                    await !access.isTrusted(request([.authorization: "Bearer \(text)"])) { _ in
                        asked()
                        return true
                    })
            }
        }
    }

    @Test(arguments: [
        ("Sec-Fetch-Site", "same-origin", true), ("Sec-Fetch-Site", "none", true),
        ("Sec-Fetch-Site", "cross-site", false), ("Sec-Fetch-Site", "same-site", false),
        ("Origin", "https://tagbeat.example", true), ("Origin", "https://public.example", true),
        ("Origin", "https://evil.example", false), ("Origin", "null", false), ("Accept", "*/*", true),
        ("Origin", "https://tagbeat.example.evil.example", false),
    ])
    func otherSitesPostNothing(name: String, value: String, isAllowed: Bool) throws {
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name(name))] = value
        let request = request(headers)
        let isRefused = (try? Access.requireSameSite(request, host: "public.example")) == nil
        #expect(isRefused == !isAllowed)
    }
}
