import OCI
import Testing

@testable import TagHistory

func tag(_ name: String) throws -> OCI.Tag { try OCI.Tag(parsing: name) }

/// What a tag's name says of its version.
@Suite struct TagVersionTests {
    @Test(arguments: [
        ("3.12", "#.#"), ("3.12-slim", "#.#-slim"), ("3.12.1", "#.#.#"), ("v1.2", "v#.#"), ("17", "#"),
        ("3.12-alpine3.19", "#.#-alpine3.19"), ("1.2.3-rc.1", "#.#.#"), ("1.2.3-beta2", "#.#.#"),
        ("1.2.3-rc1", "#.#.#"),
        ("3.15.0a1-slim", "#.#.#-slim"), ("3.14-rc-slim", "#.#-slim"), ("3.14-rc-alpine3.19", "#.#-alpine3.19"),
        ("2024.05.01", "YYYY.#.#"), ("24.04", "#.#"), ("20240501", "YYYYMMDD"), ("jammy-20240501", "jammy-YYYYMMDD"),
        ("2026-08-10", "YYYY-MM-DD"), ("20260810.1", "YYYYMMDD.#"), ("20260810-1", "YYYYMMDD-#"),
        ("20260810-slim", "YYYYMMDD-slim"), ("bookworm-20260803-slim", "bookworm-YYYYMMDD-slim"),
        ("9.4-20260101", "#.#-YYYYMMDD"), ("20261399", "#"), ("20240431", "#"), ("202405011234", "YYYYMMDDhhmm"),
        ("RELEASE.2024-05-10T01-41-38Z", "RELEASE.YYYY-MM-DDT#-#-#Z"), ("1.2.3.4", "#.#.#.#"),
        ("alpine3.19", "alpine#.#"),
        ("windowsservercore-ltsc2022", "windowsservercore-ltsc#"), ("go1.21", "go#.#"), ("8u402-b06-jdk", "#u#-b#-jdk"),
        ("21.0.2_13-jre", "#.#.#_#-jre"), ("9.4-1227.1726694542", "#.#-#.#"), ("1.2.3-r5", "#.#.#-r#"),
        ("1.2.3-debian-12-r5", "#.#.#-debian-12-r#"), ("v1.10.1-eksbuild.2", "v#.#.#-eksbuild.#"), ("1.1.1w", "#.#.#w"),
        ("3.12-slim-20240501", "#.#-slim-YYYYMMDD"), ("arm64v8-3.12", "arm64v8-#.#"),
        ("linux-x86_64-1.2", "linux-x86_64-#.#"),
        ("12.4.1-cudnn-devel-ubuntu22.04", "#.#.#-cudnn-devel-ubuntu22.04"), ("ubuntu22.04-1.2.3", "ubuntu22.04-#.#.#"),
        ("nightly-20240501", "nightly-YYYYMMDD"), ("1.2.3-nightly-20240501", "#.#.#"), ("3.12-prefix", "#.#-prefix"),
        ("3.12-devel", "#.#-devel"), ("1.2.3.Final", "#.#.#.Final"), ("3.0.0.Beta1", "#.#.#"),
        ("stable-1.2", "stable-#.#"),
    ])
    func shapes(name: String, pattern: String) throws {
        #expect(TagVersion(try tag(name))?.shape.pattern == pattern)
    }

    @Test(arguments: [
        "latest", "bookworm", "slim", "sha-1234567", "3f2a9c1", "main-0e1d2f3a", "git-77", "pr-12", "amd64", "arm64v8",
        "sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.sig", "linux-arm32v7", "_", "x86_64",
    ])
    func noVersion(name: String) throws {
        #expect(TagVersion(try tag(name)) == nil)
    }

    @Test(arguments: [
        ("v1.2-slim", "v", "1.2", "-slim"), ("jammy-20240501", "jammy-", "20240501", ""),
        ("1.2.3-rc.1-alpine", "", "1.2.3-rc.1", "-alpine"),
        ("1.2.3-debian-12-r5", "", "1.2.3", "-debian-12-r5"), ("21.0.2_13-jre", "", "21.0.2_13", "-jre"),
    ])
    func parts(name: String, prefix: String, version: String, suffix: String) throws {
        let parsed = try #require(TagVersion(try tag(name)))
        #expect([parsed.prefix, parsed.version, parsed.suffix] == [prefix, version, suffix])
    }

    /// Each line is of one shape, the earliest first.
    @Test(arguments: [
        // https://semver.org/spec/v2.0.0.html#spec-item-11
        [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0",
        ],
        ["1.0.0", "2.0.0", "2.1.0", "2.1.1"],
        ["1.9.0", "1.10.0", "1.11.0"],
        ["1.2.3-beta2", "1.2.3-beta10", "1.2.3-rc1", "1.2.3-rc2", "1.2.3-rc10", "1.2.3"],
        ["3.13.0", "3.14.0a1", "3.14.0a2", "3.14.0b1", "3.14.0rc1", "3.14.0", "3.14.1"],
        ["3.12-slim", "3.13-slim", "3.14-rc-slim", "3.14-slim"],
        ["v1.2", "v1.3", "v1.20"],
        ["1.2.3.4", "1.2.3.10", "1.2.4.0"],
        ["2024.05.01", "2024.5.2", "2024.10.1", "2025.01.01"],
        ["jammy-20240501", "jammy-20240530", "jammy-20241201"],
        ["9.4-20251231", "9.4-20260101", "9.5-20250101"],
        ["8u392-b08", "8u402-b06", "8u402-b10"],
        ["1.2.3-debian-12-r9", "1.2.3-debian-12-r10", "1.2.4-debian-12-r0"],
        ["RELEASE.2024-05-10T01-41-38Z", "RELEASE.2024-05-10T02-00-00Z", "RELEASE.2024-06-01T00-00-00Z"],
        ["99999999999999999999", "100000000000000000000", "100000000000000000001"],
        ["1.18446744073709551615", "1.18446744073709551616", "1.18446744073709551617"],
    ])
    func order(names: [String]) throws {
        let versions = try names.map { try #require(TagVersion(try tag($0))) }
        #expect(Set(versions.map(\.shape)).count == 1)
        for (left, first) in versions.enumerated() {
            for (right, second) in versions.enumerated() {
                #expect((first < second) == (left < right), "\(first.tag) \(second.tag)")
                #expect(first.precedence(to: second) == Precedence(left, right), "\(first.tag) \(second.tag)")
            }
        }
    }

    @Test(arguments: [
        ("3.12.1", ["3.12.2"], true), ("3.12.1", ["3.13.0", "latest"], true),
        ("3.12.1", ["3.13", "3.12.2-slim"], false),
        ("3.12-slim", ["3.13-slim"], true), ("3.12-slim", ["3.13"], false), ("3.12.1", ["3.12.1", "3.12.01"], false),
        ("3.12.1", ["3.12.2-rc.1"], false), ("3.12.2-rc.1", ["3.12.2"], true), ("3.12.2-rc.1", ["3.12.2-rc.2"], true),
        ("latest", ["3.12"], false), ("jammy-20240501", ["jammy-20240601"], true),
        ("jammy-20240501", ["noble-20240601"], false),
        ("1.9.0", ["2024.1.0"], false), ("v1.2", ["1.3"], false),
    ])
    func superseded(name: String, others: [String], isSuperseded: Bool) throws {
        let others = try others.map { try tag($0) }
        #expect(TagVersion.isSuperseded(try tag(name), by: others) == isSuperseded)
        for names in [others.map(\.name), others.map(\.name).reversed()] {
            var newest = NewestVersions(of: names)
            // What was looked at for one is not needed again for the next.
            for _ in 0..<2 { #expect(newest.supersede(try tag(name)) == isSuperseded) }
        }
    }

    /// Over tags that differ in little, so that ties and near misses are many.
    @Test func orderIsTotal() throws {
        var random = SeededGenerator(7)
        let parts = [
            "1", "01", "1.2", "1.02", "1.2.3", "v1.2", "20240501", "2024-05-01", "x-1", "1.2-rc.1", "1.2-rc1", "1.2rc1",
        ]
        let ends = ["", "-slim", "-r1", "-1", "-rc1", "-alpine3.19", "_2", ".0", "-20240501"]
        let all = parts.flatMap { part in ends.map { part + $0 } }
        let versions = try all.map { try #require(TagVersion(try tag($0)), "\($0)") }
        for first in versions {
            for second in versions {
                let results = [first < second, second < first, first == second]
                #expect(results.count { $0 } == 1, "\(first.tag) \(second.tag)")
                if let third = versions.randomElement(using: &random), first < second, second < third {
                    #expect(first < third, "\(first.tag) \(second.tag) \(third.tag)")
                }
            }
        }
    }

    @Test func anyTagIsRead() throws {
        var random = SeededGenerator(11)
        let alphabet = Array("0123456789aAbrcvxTZu.-_".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...24, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0x30
            }
            guard let tag = try? OCI.Tag(parsing: String(decoding: bytes, as: UTF8.self)) else { continue }
            guard let version = TagVersion(tag) else { continue }
            #expect(version.prefix + version.version + version.suffix == tag.name)
            #expect(!version.version.isEmpty)
        }
    }
}
