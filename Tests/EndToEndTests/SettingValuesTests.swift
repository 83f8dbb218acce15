import Testing

@testable import Tagbeat

/// Single values as people write them.
@Suite struct SettingValuesTests {
    @Test(arguments: [
        ("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400), ("2y", 63_072_000), ("1s", 1),
        ("1000y", 31_536_000_000),
    ])
    func durations(_ text: String, _ seconds: Int64) throws {
        #expect(try SettingValues.duration(text) == .seconds(seconds))
        #expect(try SettingValues.duration(SettingValues.text(.seconds(seconds))) == .seconds(seconds))
    }

    @Test(arguments: [
        ("https://tags.example.org/", "https://tags.example.org"),
        ("HTTPS://Tags.Example.org:443", "https://tags.example.org"),
        ("http://a:80", "http://a"), ("http://a:443/", "http://a:443"), ("http://[::1]:8080", "http://[::1]:8080"),
    ])
    func aSitesAddressIsThatOfItsPagesOrigin(_ text: String, _ origin: String) throws {
        #expect(try SettingValues.siteURL(text) == origin)
    }

    @Test(arguments: ["https://a/b", "https://a?b", "https://me@a", "ftp://a", "a", "https://", "https://a:0"])
    func noSitesAddress(_ text: String) { #expect(throws: BadValue.self) { try SettingValues.siteURL(text) } }

    @Test(arguments: [
        "", "s", "15", "1.5h", "-1h", "0s", "1w", "1 h", "1h30m", "+1h", "١h", "1001y", "99999999999999999999s",
    ])
    func wrongDurations(_ text: String) {
        #expect(throws: BadValue.self) { try SettingValues.duration(text) }
    }

    @Test(
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1:8080"), ("[::1]:8080", "[::1]:8080"), ("LocalHost:0", "localhost:0"),
            ("0.0.0.0:65535", "0.0.0.0:65535"), ("::1:8080", nil), ("localhost", nil), (":8080", nil),
            ("localhost:", nil),
            ("localhost:65536", nil), ("localhost:x", nil), ("[::1]", nil), ("[nonsense]:1", nil), ("http://a:1", nil),
            ("a:99999999999999999999", nil), ("a:1:2", nil), ("-a:1", nil),
        ] as [(String, String?)])
    func listenAddresses(_ text: String, _ expected: String?) {
        #expect((try? ListenAddress(parsing: text))?.description == expected)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.1", "10.0.0.1", true),
        ("10.0.0.1", "10.0.0.2", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("0.0.0.0/0", "1.2.3.4", true),
        ("192.168.1.128/25", "192.168.1.127", false), ("192.168.1.128/25", "192.168.1.129", true),
        ("fd00::/8", "fd12::1", true),
        ("fd00::/8", "fe80::1", false), ("0.0.0.0/0", "::1", false), ("::1", "nonsense", false),
    ])
    func addressRanges(_ range: String, _ address: String, _ expected: Bool) throws {
        #expect(try AddressRange(parsing: range).contains(address) == expected)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0/8", "fd00::/129", "a", "10.0.0.1/", "10.0.0.1/-1", ""])
    func wrongAddressRanges(_ text: String) {
        #expect(throws: BadValue.self) { try AddressRange(parsing: text) }
    }
}
