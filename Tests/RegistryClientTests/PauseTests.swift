import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer

@Suite struct PauseTests {
    @Test func aHostThatAsksForPatienceGetsItAndOthersGoOn() async throws {
        let time = ManualTime()
        let isBusy = Box(true)
        let busy = try await ScriptedRegistry { _ in
            isBusy.withLock { $0 }
                ? Answer(429, [("Retry-After", "30")]) : Answer(200, [("Docker-Content-Digest", digestA)])
        }
        let other = try await ScriptedRegistry { _ in Answer(200, [("Docker-Content-Digest", digestB)]) }
        try await withService(listed: [busy.name, other.name], time: time.source) { service in
            let registry = try Registry(parsing: busy.name)
            #expect(service.availability(of: registry) == .zero)
            try await service.expect("\(busy.name)/a:1", .rateLimited)
            #expect(service.availability(of: registry) >= .seconds(30))
            let paused = try await service.digest(of: "\(busy.name)/a:2").failure
            #expect(paused?.code == .hostPaused)
            #expect(paused?.retryAfter ?? .zero >= .seconds(30))
            #expect(paused?.detail.contains("429") == true)
            #expect(busy.requests.count == 1)
            try await service.expect("\(other.name)/a:1", .found(digestB))
            time.advance(.seconds(32))
            isBusy.withLock { $0 = false }
            #expect(service.availability(of: registry) == .zero)
            try await service.expect("\(busy.name)/a:2", .found(digestA))
            #expect(service.status(of: registry).reason == nil)
        }
    }

    @Test func aDeadHostIsLeftAloneAfterThreeTries() async throws {
        let port = try await FreePort.find()
        let name = "127.0.0.1:\(port)"
        try await withService(listed: [name], time: ManualTime().source) { service in
            var codes = [CheckFailure.Code?]()
            for index in 0..<6 { codes.append(try await service.digest(of: "\(name)/a:\(index)").failure?.code) }
            #expect(codes == [.unreachable, .unreachable, .unreachable, .hostPaused, .hostPaused, .hostPaused])
            let failure = try await service.digest(of: "\(name)/a:9").failure
            #expect(failure?.detail.contains("connection refused") == true)
            // A person who asks now is not made to wait for our caution.
            try await service.expect("\(name)/a:9", .unreachable, urgent: true)
            #expect(service.status(of: try Registry(parsing: name)).host == name)
        }
    }

    @Test func theBudgetHolds() async throws {
        let registry = try await ScriptedRegistry { _ in Answer(200, [("Docker-Content-Digest", digestA)]) }
        let clock = ContinuousClock()
        let start = clock.now
        try await withService(listed: [registry.name], change: { $0.requestsPerSecond = 50 }) { service in
            try await withThrowingTaskGroup(of: DigestOutcome.self) { group in
                for index in 0..<60 { group.addTask { try await service.digest(of: "\(registry.name)/a:\(index)") } }
                for try await outcome in group { #expect(outcome == .found(digestA)) }
            }
        }
        // Ten at once, fifty more at fifty a second.
        #expect(start.duration(to: clock.now) >= .milliseconds(950))
    }

    @Test func aRegistrysOwnRateCounts() async throws {
        let registry = try await ScriptedRegistry { _ in Answer(200, [("Docker-Content-Digest", digestA)]) }
        let clock = ContinuousClock()
        let start = clock.now
        try await withService(
            listed: [registry.name],
            change: { $0.registries[try Registry(parsing: registry.name)] = RegistrySettings(requestsPerSecond: 10) }
        ) { service in
            for index in 0..<7 { try await service.expect("\(registry.name)/a:\(index)", .found(digestA)) }
        }
        #expect(start.duration(to: clock.now) >= .milliseconds(450))
    }
}
