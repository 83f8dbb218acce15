import OCI
import Store
import TagHistory
import Testing

@testable import Tagbeat

/// What is taken from the lines of `git log`.
@Suite struct GitPinsTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static func hex(_ letter: Character) -> String { String(repeating: letter, count: 64) }

    /// `@a` stands for a digest of that letter, `^1700000000` for the beginning of a commit.
    private static func rows(_ log: String) throws -> (rows: [String], commits: Int, unusable: Int) {
        var pins = GitPins(now: now)
        for line in log.split(separator: "\n", omittingEmptySubsequences: false) {
            var text = String(line).replacing("^", with: "\u{1}")
            for letter in "abcdef" { text = text.replacing("@\(letter)", with: "@sha256:" + hex(letter)) }
            try pins.take(Array(text.utf8)[...])
        }
        let rows = try pins.finish().map { row in
            let digest = row.observation.digest?.description.suffix(1) ?? "-"
            #expect(row.observation.source == .imported)
            return "\(row.observation.observedAt.microseconds / 1_000_000) \(row.reference) \(digest)"
        }
        return (rows, pins.commits, pins.unusable)
    }

    private static func pins(_ lines: String...) throws -> [String] {
        try rows((["^1700000000", "diff --git a/x b/x", "+++ b/x", "@@ -1 +1 @@"] + lines).joined(separator: "\n")).rows
            .map { String($0.dropFirst(11)) }
    }

    @Test(arguments: [
        ("FROM python:3.12@a", "docker.io/library/python:3.12 a"),
        ("FROM --platform=linux/amd64 ghcr.io/Owner/x:1@a", nil),
        ("FROM --platform=linux/amd64 ghcr.io/owner/x:1@a AS build", "ghcr.io/owner/x:1 a"),
        ("COPY --from=golang:1.22-alpine@a /go /go", "docker.io/library/golang:1.22-alpine a"),
        ("    image: \"localhost:5000/a/b:v1@b\"", "localhost:5000/a/b:v1 b"),
        ("    - uses: docker://alpine:3.19@c # v3", "docker.io/library/alpine:3.19 c"),
        ("image = 'registry.example.com:5000/team/app:1.2@d',", "registry.example.com:5000/team/app:1.2 d"),
        ("{\"image\":\"quay.io/a/b:1@e\"}", "quay.io/a/b:1 e"),
        ("oci://ghcr.io/a/chart:1.0@f", "ghcr.io/a/chart:1.0 f"),
        ("image: ${IMAGE:-postgres:16@a}", "docker.io/library/postgres:16 a"),
        ("image: [::1]:5000/x:1@a", "[::1]:5000/x:1 a"),
        ("image: ${REGISTRY}/app:1@a", nil), ("image: $REGISTRY/app:1@a", nil), ("FROM python@a", nil),
        ("FROM ghcr.io/a/b@a", nil),
        ("tag: 3.12@a", nil), ("python:3.12@sha256:abc", nil), ("python:3.12@sha256:" + hex("a") + "0", nil),
        ("@a", nil), ("", nil),
        ("python:@a", nil), ("user@host:x@a", nil),
    ])
    func pinsInALine(line: String, pin: String?) throws {
        #expect(try Self.pins("+" + line) == [pin].compactMap(\.self))
        #expect(try Self.pins("-" + line) == [])
        #expect(try Self.pins(" " + line) == [])
    }

    @Test func severalInALine() throws {
        #expect(
            try Self.pins("+a:1@a b:2@b,c:3@c") == [
                "docker.io/library/a:1 a", "docker.io/library/b:2 b", "docker.io/library/c:3 c",
            ])
    }

    @Test func imagesBesideTheirTags() throws {
        #expect(
            try Self.pins(
                " image:", "   registry: ghcr.io", "   repository: owner/app", "-  tag: 1.0@a",
                "+  tag: \"1.1@b\" # renovate", "   pullPolicy: Always")
                == ["ghcr.io/owner/app:1.1 b"])
        #expect(
            try Self.pins("+  repository: python", "+  tag: '3.12@a'", "+other:", "+  repository: node", "+  tag: 20@b")
                == ["docker.io/library/node:20 b", "docker.io/library/python:3.12 a"])
        #expect(
            try Self.pins(
                " images:", " - name: app", "   newName: ghcr.io/a/b", "+  newTag: 1@a", " - name: python",
                "+  newTag: 3@b")
                == ["docker.io/library/python:3 b", "ghcr.io/a/b:1 a"])
        // The tag stays, the image becomes another; and what stands around a change is none.
        #expect(try Self.pins("   repository: python", "   tag: 3.12@a", "+  pullPolicy: Always") == [])
        #expect(try Self.pins("+  tag: 3.12@a", " x:", "   repository: python") == [])
        #expect(try Self.pins("   repository: python", "@@ -9 +9 @@", "+  tag: 3.12@a") == [])
    }

    @Test func commitsHaveTheirTimes() throws {
        let log = """
            ^1700000000

            diff --git a/Dockerfile b/Dockerfile
            new file mode 100644
            --- /dev/null
            +++ b/x:1@f
            @@ -0,0 +1 @@
            +FROM x:1@a
            ^1700000100

            diff --git a/Dockerfile b/Dockerfile
            --- a/Dockerfile
            +++ b/Dockerfile
            @@ -1 +1,2 @@
            -FROM x:1@a
            +FROM x:1@b
            +FROM y@b
            \\ No newline at end of file
            ^1700000200

            diff --git a/Dockerfile b/Dockerfile
            @@ -1 +1 @@
            -FROM x:1@b
            +FROM x:1@b AS moved
            ^1999999999
            diff --git a/Dockerfile b/Dockerfile
            @@ -1 +1 @@
            +FROM x:1@c
            ^1
            diff --git a/Dockerfile b/Dockerfile
            @@ -1 +1 @@
            +FROM x:1@d
            ^99999999999999999999999
            diff --git a/Dockerfile b/Dockerfile
            @@ -1 +1 @@
            +FROM x:1@e
            """
        let found = try Self.rows(log)
        #expect(found.rows == ["1700000000 docker.io/library/x:1 a", "1700000100 docker.io/library/x:1 b"])
        #expect(found.commits == 6)
    }

    @Test func theOrderOfCommitsDoesNotMatter() throws {
        var commits: [String] = []
        for index in 0..<60 {
            let letter = Array("abcdef")[index * 7 % 6]
            commits.append(
                "^\(1_700_000_000 + index / 3 * 86_400)\ndiff --git a/x b/x\n@@ -1 +1 @@\n+FROM x:\(index % 4)@\(letter)\n"
            )
        }
        func histories(_ commits: [String]) throws -> [TagReference: History.Merged] {
            var pins = GitPins(now: Self.now)
            for line in commits.joined().split(separator: "\n", omittingEmptySubsequences: false) {
                var text = String(line).replacing("^", with: "\u{1}")
                for letter in "abcdef" { text = text.replacing("@\(letter)", with: "@sha256:" + Self.hex(letter)) }
                try pins.take(Array(text.utf8)[...])
            }
            return Dictionary(grouping: try pins.finish(), by: \.reference)
                .mapValues { History.merge(adding: $0.map(\.observation)) }
        }
        let expected = try histories(commits)
        #expect(expected.count == 4)
        for _ in 0..<50 { #expect(try histories(commits.shuffled()) == expected) }
    }

    @Test func anyLineIsRead() throws {
        let pieces = [
            "@sha256:", Self.hex("a"), "a", ":", "/", "$", "-", " ", "+", "\u{1}", "@@", "diff", "tag: ", "name: ",
            "  ", "- ", "\"", "ä", "#",
        ]
        var pins = GitPins(now: Self.now)
        for _ in 0..<30_000 {
            let line = (0..<Int.random(in: 0...8)).map { _ in pieces.randomElement() ?? "" }.joined()
            try pins.take(Array(line.utf8)[...])
        }
        _ = try pins.finish()
    }
}
