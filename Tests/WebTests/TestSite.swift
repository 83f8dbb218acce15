import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import OCI
import Store
import Synchronization
import TagHistory
import TestSupport
import Testing

@testable import Web

/// The real site over a real database of its own, with a worker that answers as the test says.
struct TestSite: Sendable {
    /// 2026-02-11T14:20:00Z, a Wednesday.
    static let now = Timestamp(seconds: 1_770_819_600)
    static var python: TagReference {
        get throws { try TagReference(parsing: "python:3.12") }
    }

    let store: TagStore
    let registry: ScriptedRegistry
    let client: any TestClientProtocol

    /// - Parameters:
    ///   - hasWorker: false: requested checks are never done.
    ///   - end: what is to be seen once the site has ended.
    static func run(
        _ setup: TestingSetup = .router, hasWorker: Bool = true,
        settings change: (inout WebSettings) -> Void = { _ in },
        _ test: @Sendable @escaping (TestSite) async throws -> Void,
        atEnd end: (TagStore) async throws -> Void = { _ in }
    ) async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        var settings = WebSettings()
        settings.version = "1.2.3"
        settings.adminToken = "correct horse"
        // The site's clock stands still, and tests write beside it.
        settings.answersLast = .zero
        settings.checkPatience = hasWorker ? .seconds(10) : .milliseconds(50)
        change(&settings)
        let registry = ScriptedRegistry()
        let app = try WebApplication(store: store, settings: settings, clock: { now }, logger: Logger(label: "test"))
            .buildApplication(host: "127.0.0.1", port: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await store.listen() }
            if hasWorker { group.addTask { await registry.work(for: store) } }
            do {
                try await app.test(setup) { client in
                    try await test(TestSite(store: store, registry: registry, client: client))
                }
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
        try await end(store)
    }
}

/// What the registries have, and a worker that looks there.
final class ScriptedRegistry: Sendable {
    private let answers = Mutex<[TagReference: CheckResult.Answer]>([:])

    subscript(reference: TagReference) -> CheckResult.Answer? {
        get { answers.withLock { $0[reference] } }
        set { answers.withLock { $0[reference] = newValue } }
    }

    func set(_ reference: TagReference, _ answer: CheckResult.Answer) { answers.withLock { $0[reference] = answer } }

    /// Does requested checks until the task is cancelled.
    func work(for store: TagStore) async {
        do {
            let session = try await store.beginWorker(name: "scripted <worker>", at: TestSite.now)
            var time = TestSite.now
            while !Task.isCancelled {
                let claims = try await store.claimRequested(worker: session, limit: 100, lease: 60, at: TestSite.now)
                if !claims.isEmpty {
                    _ = try await store.record(
                        claims.map { check($0, at: time) }, worker: session, policy: .fixed(interval: 7_200))
                }
                // The site's clock stands still, but one check comes after the other.
                time = time.advanced(bySeconds: 1)
                try await Task.sleep(for: .milliseconds(10))
            }
            await session.end()
        } catch is CancellationError {
        } catch {
            if !Task.isCancelled { Issue.record(error, "the worker stopped") }
        }
    }

    private func check(_ claim: Claim, at time: Timestamp) -> CheckResult {
        CheckResult(
            claim: claim, answer: self[claim.reference] ?? .missing, startedAt: time, checkedAt: time,
            isRefusal: claim.reference.repository.path.hasPrefix("private/"))
    }
}

extension TestSite {
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let text: String

        /// The body as JSON; an empty object where it is none.
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
        }

        var detail: String { json["detail"] as? String ?? "" }
        var items: [[String: Any]] { json["items"] as? [[String: Any]] ?? [] }
    }

    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ path: String, body: String? = nil, headers: HTTPFields = [:]
    ) async throws -> Answer {
        let response = try await client.execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        return Answer(
            status: response.status.code, headers: response.headers, text: String(buffer: response.body))
    }

    func get(_ path: String, headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.get, path, headers: headers)
    }

    func track(_ image: String, headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.post, "/api/v1/tags", body: "{\"image\":\"\(image)\"}", headers: headers)
    }

    /// Writes a history: one observation a line of days ago and digest numbers.
    func seed(_ reference: TagReference, _ observations: [(daysAgo: Double, digest: Int)]) async throws {
        let rows = observations.map { item in
            ImportRow(
                reference: reference,
                observation: Observation(
                    digest: .numbered(item.digest), observedAt: Self.now.advanced(bySeconds: -item.daysAgo * 86_400),
                    source: .imported))
        }
        let parts = Mutex([rows])
        _ = try await store.importObservations(at: Self.now, next: { parts.withLock { $0.popLast() } })
    }
}

extension Digest {
    static func numbered(_ number: Int) -> Digest {
        // 32 bytes always make one.
        (try? Digest(bytes: (0..<32).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* (number | 1)) }))
            ?? numbered(number)
    }
}

extension HTTPFields {
    static let admin: HTTPFields = [.authorization: "Bearer correct horse"]
}
