import OCI
import Testing

@testable import TagHistory

@Suite struct TagSelectionTests {
    private static let python = [
        "3", "3-slim", "3.11", "3.11-slim", "3.12", "3.12-slim", "3.12.1", "3.12.2", "3.13", "3.13-alpine3.19",
        "3.13-windowsservercore-1809",
        "3.15.0a1", "3.15-rc", "latest", "slim", "alpine3.19", "bookworm", "windowsservercore-ltsc2022", "2.7",
        "sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.sig",
    ]

    private static func choose(_ selection: TagSelection, from names: [String] = python) throws -> [String] {
        selection.choose(from: try names.map { try tag($0) }).map(\.name)
    }

    @Test func theExampleOfTheSettings() throws {
        let selection = try TagSelection(semver: ">=3.11", excludes: ["*-windows*"], keep: 50)
        #expect(
            try Self.choose(selection) == [
                "3.13", "3.13-alpine3.19", "3.12.2", "3.12.1", "3.12", "3.12-slim", "3.11", "3.11-slim",
            ])
        #expect(
            try Self.choose(try TagSelection(semver: ">=3.11", keep: 3)) == [
                "3.13", "3.13-alpine3.19", "3.13-windowsservercore-1809",
            ])
    }

    @Test func theBestFirst() throws {
        #expect(
            try Self.choose(TagSelection(), from: Self.python.reversed()) == [
                "3.15-rc", "3.15.0a1", "3.13", "3.13-alpine3.19", "3.13-windowsservercore-1809", "3.12.2", "3.12.1",
                "3.12", "3.12-slim",
                "3.11", "3.11-slim", "3", "3-slim", "2.7", "windowsservercore-ltsc2022", "alpine3.19", "bookworm",
                "latest", "slim",
            ])
        #expect(try Self.choose(TagSelection(), from: ["a", "1.0", "a", "1.0", "1.00"]) == ["1.0", "1.00", "a"])
    }

    @Test(arguments: [
        ("*", "anything", true), ("3.1?", "3.12", true), ("3.1?", "3.1", false), ("3.1?", "3.123", false),
        ("*-slim", "3.12-slim", true),
        ("*-slim", "slim", false), ("[0-9]*", "3.12", true), ("[!0-9]*", "3.12", false), ("[^0-9]*", "latest", true),
        ("*-{slim,alpine*}", "3-alpine3.19", true),
        ("*-{slim,alpine*}", "3-bookworm", false), ("3.12", "3.12", true), ("3.12", "3x12", false),
        ("v{1,2}.{0,1}", "v2.1", true), ("[]a]", "a", true),
        ("*a*a*a*a*a*a*a*a*b", String(repeating: "a", count: 128), false), ("3.*", "3.12-slim", true),
        ("a{,b}", "a", true), ("[a-]", "a", true),
    ])
    func globs(glob: String, name: String, matches: Bool) throws {
        #expect(try TagPattern(glob: glob).matches(try tag(name)) == matches)
    }

    @Test(arguments: [
        (#"^3\.1[0-9]$"#, "3.12", true), (#"^3\.1[0-9]$"#, "3.12-slim", false), ("slim", "3.12-slim", true),
        ("^(3|4)$", "4", true), ("a{2,3}$", "baa", true),
        ("^a{2,3}$", "aaaa", false), ("^a{2}$", "aa", true), ("^a{2,}$", "aaaaa", true),
        (#"^\d+(\.\d+)*$"#, "3.12.1", true), (#"^\d+(\.\d+)*$"#, "3.12.", false),
        (#"\bslim\b"#, "3-slim-x", true), (#"\bslim\b"#, "3-slimmer", false), ("(?i)RC", "3-rc1", true),
        ("RC", "3-rc1", false), ("^(?:a|b)+?$", "abab", true),
        ("^(?P<major>[0-9]+)$", "3", true), ("^[[:digit:].]+$", "3.12", true), (#"^[\w.]+$"#, "3.12_a", true),
        ("^$", "x", false), ("|", "x", true), ("a||b", "c", true),
        ("(a+)+$", String(repeating: "a", count: 127) + "-", false),
        ("(a|a)*b", String(repeating: "a", count: 128), false), ("()*", "x", true), ("^(a*)*$", "aaa", true),
        ("[^a-z]", "abc", false), (#"\A3\z"#, "3", true), ("(a?){64}a{64}", String(repeating: "a", count: 64), true),
        ("x*", "y", true),
    ])
    func regularExpressions(regex: String, name: String, matches: Bool) throws {
        let clock = ContinuousClock.now
        #expect(try TagPattern(regex: regex).matches(try tag(name)) == matches)
        #expect(ContinuousClock.now - clock < .seconds(2))
    }

    @Test(arguments: [
        ("(", "not closed"), (")", "closes nothing"), ("[a", "not closed"), ("*a", "repeats nothing"),
        ("a{2", "not closed"), ("a{x}", "form"), ("a{3,2}", "from few"),
        ("(?=a)", "exclude"), ("(?!a)", "exclude"), (#"(a)\1"#, "refers back"), (#"a\"#, "end"),
        (#"\q"#, "means nothing"), ("", "empty"), ("ä", "no tag holds"),
        ("((a{500}){500}){500}", "too long"), (String(repeating: "(", count: 500), "fifty"), ("[z-a]", "lesser"),
        ("a**", "repeated"), ("(?s)a", "(?i)"), ("[[:nosuch:]]", "[:alpha:]"),
        (String(repeating: "a", count: 2_000), "longer"), ("((((()*)*)*)*)*{9}", "repeated"),
    ])
    func wrongRegularExpressionsSayWhy(text: String, hint: String) {
        do throws(TagSelectionError) {
            _ = try TagPattern(regex: text)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.description.contains(hint), "\(error)")
        }
    }

    @Test(arguments: [
        ("[a", "not closed"), ("{a", "not closed"), ("a}", "closes nothing"), (#"a\"#, "end"), ("", "*"),
        ("[z-a]", "lesser"), ("a b", "no tag holds"),
        (String(repeating: "{", count: 90), "ten"),
    ])
    func wrongGlobsSayWhy(text: String, hint: String) {
        do throws(TagSelectionError) {
            _ = try TagPattern(glob: text)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.description.contains(hint), "\(error)")
        }
    }

    @Test func nothingToKeepIsAnError() {
        #expect(throws: TagSelectionError.self) { try TagSelection(keep: 0) }
    }

    /// Whatever is typed is read or refused; nothing hangs.
    @Test func anyTextIsReadOrRefused() throws {
        var random = SeededGenerator(3)
        let alphabet = Array("ab01.*+?{},()[]|^$\\-<>=~! x:P".utf8)
        let subject = try tag("ab01.ab-x")
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...14, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0x61
            }
            let text = String(decoding: bytes, as: UTF8.self)
            _ = try? TagPattern(glob: text).matches(subject)
            _ = try? TagPattern(regex: text).matches(subject)
            _ = try? VersionRange(parsing: text).contains(try #require(TagVersion(try tag("1.2"))))
        }
    }
}
