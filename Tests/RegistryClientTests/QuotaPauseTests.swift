import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer

/// A registry that announces a quota as Docker Hub does: it is obeyed before it bites.
@Suite struct QuotaPauseTests {
    /// - Parameter remaining: what each answer says is left; nil: no such headers.
    private func registry(_ remaining: Box<Int?>, limit: Int = 100) async throws -> ScriptedRegistry {
        try await ScriptedRegistry { _ in
            var headers = [("Docker-Content-Digest", digestA)]
            if let left = remaining.withLock({ $0 }) {
                headers += [("ratelimit-limit", "\(limit);w=21600"), ("ratelimit-remaining", "\(left);w=21600")]
            }
            return Answer(200, headers)
        }
    }

    @Test func theLastTenthIsKeptForPeople() async throws {
        let remaining = Box<Int?>(11)
        let registry = try await registry(remaining)
        let time = ManualTime()
        try await withService(listed: [registry.name], time: time.source) { service in
            let name = try Registry(parsing: registry.name)
            try await service.expect("\(registry.name)/a:1", .found(digestA))
            #expect(service.availability(of: name) == .zero)
            remaining.withLock { $0 = 10 }
            try await service.expect("\(registry.name)/a:2", .found(digestA))
            // Nothing that nobody waits for goes out any more; people may.
            try await service.expect("\(registry.name)/a:3", .hostPaused)
            #expect(service.availability(of: name) == .seconds(360))
            #expect(try await service.digest(of: "\(registry.name)/a:4", urgent: true) == .found(digestA))
            #expect(registry.requests.count == 3)
            remaining.withLock { $0 = 0 }
            #expect(try await service.digest(of: "\(registry.name)/a:4", urgent: true) == .found(digestA))
            // A person's HEAD is no pull.
            #expect(try await service.digest(of: "\(registry.name)/a:4", urgent: true) == .found(digestA))
            let failure = try await service.digest(of: "\(registry.name)/a:4").failure
            #expect(
                failure?.detail == "\(registry.name) allows few more requests for now; they are kept for people who ask"
            )
        }
    }

    @Test func oneCarefulLookNowAndThen() async throws {
        let remaining = Box<Int?>(5)
        let registry = try await registry(remaining)
        let time = ManualTime()
        try await withService(listed: [registry.name], time: time.source) { service in
            let name = try Registry(parsing: registry.name)
            try await service.expect("\(registry.name)/a:1", .found(digestA))
            for round in 1...3 {
                #expect(service.availability(of: name) > .seconds(359))
                time.advance(.seconds(360))
                #expect(service.availability(of: name) == .zero)
                try await service.expect("\(registry.name)/a:2", .found(digestA))
                try await service.expect("\(registry.name)/a:3", .hostPaused)
                #expect(registry.requests.count == 1 + round)
            }
            time.advance(.seconds(360))
            remaining.withLock { $0 = 60 }
            for tag in 0..<5 { try await service.expect("\(registry.name)/a:\(tag)", .found(digestA)) }
        }
    }

    @Test func withoutTheHeadersThereIsNoQuota() async throws {
        let remaining = Box<Int?>(5)
        let registry = try await registry(remaining)
        try await withService(listed: [registry.name], time: ManualTime().source) { service in
            try await service.expect("\(registry.name)/a:1", .found(digestA))
            try await service.expect("\(registry.name)/a:2", .hostPaused)
            remaining.withLock { $0 = nil }
            #expect(try await service.digest(of: "\(registry.name)/a:3", urgent: true) == .found(digestA))
            try await service.expect("\(registry.name)/a:2", .found(digestA))
        }
    }

    @Test func manifestsAreReadSlowlyAndChecksGoOn() async throws {
        let time = ManualTime()
        let gate = HostGate(
            host: "h:443", name: "h", requestsPerSecond: 0, maximumInFlight: 8, time: time.source
        ) { _ in }
        let quota = try #require(Quota(limit: 100, remaining: 90, window: .seconds(21_600)))
        func send(_ purpose: RequestPurpose, urgent: Bool = false) async throws {
            let permit = try await gate.enter(
                GateRequest(isUrgent: urgent, purpose: purpose, spends: purpose == .content))
            gate.leave(permit, .good, quota: .seen(quota))
        }
        try await send(.check)
        for _ in 0..<QuotaKeeper.contentBurst { try await send(.content) }
        let error = await #expect(throws: CheckFailure.self) { try await send(.content) }
        #expect(error?.code == .hostPaused)
        #expect(error?.retryAfter == .seconds(240))
        try await send(.check)
        try await send(.content, urgent: true)
        time.advance(.seconds(241))
        try await send(.content)
        await #expect(throws: CheckFailure.self) { try await send(.content) }
    }

    @Test func requestsAreCountedByWhatTheyWereFor() async throws {
        let registry = try await ScriptedRegistry { request in
            if request.target.hasPrefix("/token") { return Answer(200, [], .text("{\"token\":\"t\"}")) }
            guard request.header("Authorization") != nil else {
                return Answer(
                    401, [("WWW-Authenticate", "Bearer realm=\"http://\(request.header("Host") ?? "")/token\"")])
            }
            return request.target.hasSuffix("/tags/list?n=1000")
                ? Answer(200, [], .text("{\"tags\":[\"1\"]}")) : Answer(200, [("Docker-Content-Digest", digestA)])
        }
        try await withService(listed: [registry.name]) { service in
            try await service.expect("\(registry.name)/a:1", .found(digestA))
            try await service.expect("\(registry.name)/a:2", .found(digestA))
            #expect(try await service.pages(of: "\(registry.name)/a") == [["1"]])
            let counts = service.takeRequestCounts()
            #expect(
                Dictionary(uniqueKeysWithValues: counts.map { ($0.purpose, $0.count) }) == [
                    .check: 3, .token: 1, .tags: 1,
                ])
            #expect(counts.allSatisfy { $0.registry.name == registry.name && $0.host == registry.name })
            #expect(service.takeRequestCounts().isEmpty)
        }
    }
}
