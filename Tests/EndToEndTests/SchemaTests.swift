import Foundation
import Logging
import NIOHTTP1
import OCI
import Store
import Subprocess
import Synchronization
import SystemPackage
import TagHistory
import TestSupport
import Testing

/// The built server against its own OpenAPI document, asked by a program that makes requests up from it.
/// https://schemathesis.readthedocs.io
@Suite struct SchemaTests {
    @Test(.timeLimit(.minutes(10))) func noAnswerLiesOutsideTheDocument() async throws {
        let conninfo = try await TestDatabase.migrated()
        try await fill(conninfo)
        let site = try await Site.start("serve", environment: ["DATABASE_URL": conninfo])
        let described = try await site.get("/api/v1/openapi.json").text
        let document = try closed(JSONSerialization.jsonObject(with: Data(described.utf8)))
        let work = Task { try await self.work(conninfo) }
        defer { work.cancel() }
        try await ask(site, document, ["--max-examples", "3"])
        // Everything about tags that are there.
        try await ask(site, about(Self.names, in: document), ["--max-examples", "8", "--include-method", "GET"])
        #expect(await site.stop() == 0)
        #expect(!site.process.output.contains("could not be answered"))
    }

    private func ask(_ site: Site, _ document: Any, _ arguments: [String]) async throws {
        let program = try await PythonTool.install("schemathesis", from: "schemathesis", version: "4.32.5")
        let folder = try TemporaryFolder()
        let file = folder.path + "/openapi.json"
        try JSONSerialization.data(withJSONObject: document).write(to: URL(fileURLWithPath: file))
        let result = try await Subprocess.run(
            .path(FilePath(program)),
            arguments: Arguments(
                [
                    "run", file, "--url", site.address, "--checks",
                    "not_a_server_error,status_code_conformance,content_type_conformance,"
                        + "response_headers_conformance,response_schema_conformance,ignored_auth",
                    "--phases", "examples,coverage,fuzzing", "--seed", "1", "--generation-database", "none",
                    "--no-color",
                ] + arguments),
            workingDirectory: FilePath(folder.path), output: .string(limit: 1 << 22), error: .combinedWithOutput)
        #expect(result.terminationStatus.isSuccess, "\(result.standardOutput)")
    }

    private static let names = [
        "python:3.12", "python:3.13", "node:22", "ghcr.io/owner/name:1", "registry.test:5000/a/b:1",
    ]

    /// The document's own example.
    private static let digest = "sha256:5ef38b1a2e5e7b1a1d61bd8d1f7f5a0f2a2b6f6b7d1c9b6b27f2d0c3a9e4f18d"

    /// The same document with no other references in it.
    private func about(_ names: [String], in value: Any) -> Any {
        if let list = value as? [Any] { return list.map { about(names, in: $0) } }
        guard var members = value as? [String: Any] else { return value }
        if members["name"] as? String == "reference" || members["name"] as? String == "image", members["in"] != nil {
            let name: [String: Any] = ["type": "string", "enum": names]
            let isList = (members["schema"] as? [String: Any])?["type"] as? String == "array"
            members["schema"] = isList ? ["type": "array", "minItems": 2, "maxItems": 8, "items": name] : name
            members["example"] = nil
            return members
        }
        return members.mapValues { about(names, in: $0) }
    }

    /// A member that is not described is a mistake too.
    private func closed(_ value: Any) -> Any {
        if let list = value as? [Any] { return list.map(closed) }
        guard var members = value as? [String: Any] else { return value }
        members = members.mapValues(closed)
        if members["properties"] is [String: Any], members["required"] != nil, members["additionalProperties"] == nil {
            members["additionalProperties"] = false
        }
        return members
    }

    /// Answers in a registry's place what somebody waits for: half of what is asked for is there.
    private func work(_ conninfo: String) async throws {
        let store = TagStore(conninfo: conninfo, maximumConnections: 2, logger: Logger(label: "test"))
        defer { store.close() }
        let session = try await store.beginWorker(name: "made up", at: .now())
        while !Task.isCancelled {
            let claims = try await store.claimRequested(worker: session, limit: 100, lease: 60, at: .now())
            let results = try claims.map { claim in
                let digest = try Digest(parsing: Self.digest)
                let isThere = claim.reference.description.utf8.count.isMultiple(of: 2)
                return CheckResult(
                    claim: claim, answer: isThere ? .found(digest, mediaType: nil, pushedAt: nil) : .missing,
                    startedAt: .now(), checkedAt: .now())
            }
            _ = try await store.record(results, worker: session, policy: .fixed(interval: 7_200))
            while let repository = try await store.claimOffered(lease: 60, at: .now()) {
                let isThere = repository.description.utf8.count.isMultiple(of: 2)
                let tags = try ["3.12", "3.13", "latest"].map { try Tag(parsing: $0) }
                try await store.noteOffered(isThere ? .tags(tags) : .missing, of: repository, at: .now())
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func fill(_ conninfo: String) async throws {
        let store = TagStore(conninfo: conninfo, maximumConnections: 2, logger: Logger(label: "test"))
        defer { store.close() }
        let now = Timestamp.now()
        var rows: [ImportRow] = []
        for name in Self.names {
            let reference = try TagReference(parsing: name)
            for day in stride(from: 400, to: 0, by: -20) {
                rows.append(
                    ImportRow(
                        reference: reference,
                        observation: Observation(
                            digest: day == 20
                                ? try Digest(parsing: Self.digest)
                                : try Digest(bytes: Array(repeating: UInt8(day % 250), count: 32)),
                            observedAt: now.advanced(bySeconds: -Double(day) * 86_400), source: .imported)))
            }
        }
        let parts = Mutex([rows])
        _ = try await store.importObservations(at: now, next: { parts.withLock { $0.popLast() } })
    }
}
