import Foundation
import LibPQ
import OCI
import Store
import TestSupport
import Testing

@testable import Tagbeat

/// What `tagbeat import` makes of lines and files.
@Suite struct TransferTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func parse(_ text: String) throws -> String {
        try ObservationLine.parse(Array(text.utf8)[...], now: now).line
    }

    @Test func shortNamesAndOptionalMembers() throws {
        let short = """
            {"image":"python","digest":"\(Self.digest)","observedAt":"2026-01-31T13:00:00+01:00"}
            """
        #expect(
            try Self.parse(short)
                == "{\"image\":\"docker.io/library/python:latest\",\"digest\":\"\(Self.digest)\","
                + "\"observedAt\":\"2026-01-31T12:00:00Z\",\"source\":\"imported\"}")
        let full = """
            {"image":"ghcr.io/a/b:1","digest":null,"observedAt":"2026-01-31T12:00:00Z",\
            "notBefore":"2026-01-31T10:00:00Z","pushedAt":"2026-01-31T11:00:00Z",\
            "mediaType":"application/vnd.oci.image.index.v1+json","source":"registry"}
            """
        #expect(try Self.parse(full) == full)
    }

    @Test(arguments: [
        ("{}", "image"), ("[]", "not a JSON object"), ("nonsense", "not a JSON object"),
        ("{\"image\":1,\"observedAt\":\"2026-01-31T12:00:00Z\"}", "image"),
        ("{\"image\":\"a b\",\"digest\":null,\"observedAt\":\"2026-01-31T12:00:00Z\"}", "a b"),
        ("{\"image\":\"a\",\"digest\":\"sha256:1\",\"observedAt\":\"2026-01-31T12:00:00Z\"}", "sha256"),
        ("{\"image\":\"a\",\"observedAt\":\"2026-01-31T12:00:00Z\"}", "digest"),
        ("{\"image\":\"a\",\"digest\":null,\"observedAt\":\"yesterday\"}", "yesterday"),
        ("{\"image\":\"a\",\"digest\":null,\"observedAt\":\"2999-01-01T00:00:00Z\"}", "future"),
        ("{\"image\":\"a\",\"digest\":null,\"observedAt\":\"0001-01-01T00:00:00Z\"}", "1970"),
        ("{\"image\":\"a\",\"digest\":null,\"observedAt\":\"2026-01-31T12:00:00Z\",\"source\":\"rumour\"}", "rumour"),
        (
            "{\"image\":\"a\",\"digest\":null,\"observedAt\":\"2026-01-31T12:00:00Z\",\"notBefore\":\"2026-02-01T00:00:00Z\"}",
            "notBefore"
        ),
    ])
    func badLinesSayWhy(line: String, hint: String) {
        do {
            let text = try Self.parse(line)
            Issue.record("read as \(text)")
        } catch {
            #expect("\(error)".contains(hint), "\(error)")
        }
    }

    @Test(arguments: [1, 2, 3, 7, 64]) func linesAreCutWhereverTheBytesBreak(size: Int) {
        var splitter = LineSplitter(maximumLength: 10)
        let bytes = Array("\u{FEFF}one\n\nthree\nmuch too long a line\nlast\n\n\u{04}\n".utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { splitter.append($0) }
        }
        let ended = splitter.removeEndMark()
        #expect(ended)
        let lines = splitter.takeLines(keepingLast: false)
        let texts = lines?.map { line in (try? line.get()).map { String(decoding: $0, as: UTF8.self) } ?? "too long" }
        #expect(texts == ["one", "", "three", "too long", "last", ""])
    }

    @Test func aBadNameOfAMonitorIsToldOnce() async throws {
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let connection = try await Connection.connect(to: conninfo)
        defer { connection.close() }
        try await connection.runScript(
            """
            CREATE TABLE image_to_scrape (id integer, endpoint text, image text, tag text, last_viewed timestamp);
            CREATE TABLE image_update (image_id integer, scraped_at timestamp, digest text);
            INSERT INTO image_to_scrape VALUES (1, 'ghcr.io', 'Not/Good', '1', '2026-01-01');
            INSERT INTO image_update VALUES (1, '2026-01-01', '\(Self.digest)'), (1, '2026-01-02', '\(Self.digest)')
            """)
        let folder = try TemporaryFolder()
        let process = try await TagbeatProcess(
            ["import", "--from-docker-tag-monitor", conninfo, "--skip-invalid"],
            environment: ["TAGBEAT_DATA_DIR": folder.path + "/data", "DOCKER_CONFIG": "/nonexistent"])
        #expect(await process.end() == 2, "\(process.output)")
        #expect(process.output.contains("no row of the database could be read"), "\(process.output)")
        #expect(process.output.components(separatedBy: "left out: ").count == 2, "\(process.output)")
        #expect(process.output.contains("Left out 3 rows."), "\(process.output)")
    }

    @Test func aFileThatBreaksOffImportsNothing() async throws {
        let folder = try TemporaryFolder()
        let environment = ["TAGBEAT_DATA_DIR": folder.path + "/data", "DOCKER_CONFIG": "/nonexistent"]
        let lines = (0..<2_000).map { index in
            let digest = "sha256:" + String(format: "%064x", index * 7_919)
            let time = Timestamp(seconds: 1_700_000_000 + Int64(index) * 3_600)
            return "{\"image\":\"python:\(index % 7)\",\"digest\":\"\(digest)\",\"observedAt\":\"\(time)\"}"
        }
        let plain = try folder.write(lines.joined(separator: "\n"), to: "plain.ndjson")
        let script = "gzip -k \(plain) && head -c 3000 \(plain).gz > \(folder.path)/broken.gz"
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", script]
        try shell.run()
        shell.waitUntilExit()
        func run(_ arguments: String...) async throws -> CommandResult {
            let process = try await TagbeatProcess(arguments, environment: environment)
            return CommandResult(code: await process.end(), output: process.output)
        }
        for (file, reason) in [
            ("/broken.gz", "nothing was imported"), ("", "is a folder"), ("/none", "no such file"),
        ] {
            let result = try await run("import", folder.path + file)
            #expect(result.code == 2 && result.output.contains(reason), "\(file): \(result.output)")
        }
        let nonsense = try folder.write("nonsense", to: "nonsense.ndjson")
        let none = try await run("import", nonsense, "--skip-invalid")
        #expect(none.code == 2 && none.output.contains("no line of"), "\(none.output)")
        let whole = try await run("import", plain + ".gz", "--json")
        #expect(whole.code == 0 && whole.output.contains("\"newRows\":2000"), "\(whole.output)")
        let again = try await run("import", plain, "--json")
        #expect(again.code == 0 && again.output.contains("\"newRows\":0"), "\(again.output)")
    }
}
