import Logging
import OCI
import RegistryClient
import Scraper
import Store
import Synchronization
import TestSupport
import Testing

/// Several workers, one database, one registry that counts.
@Suite(.serialized) struct SharedBudgetTests {
    /// When requests arrived.
    final class Arrivals: Sendable {
        private let times = Mutex<[ContinuousClock.Instant]>([])
        func add() { times.withLock { $0.append(.now) } }
        var all: [ContinuousClock.Instant] { times.withLock { $0 } }

        /// The most within any stretch of so many seconds.
        func most(within seconds: Double) -> Int {
            let all = all.sorted()
            var first = 0
            var most = 0
            for (index, time) in all.enumerated() {
                while time - all[first] > .seconds(seconds) { first += 1 }
                most = max(most, index - first + 1)
            }
            return most
        }
    }

    static func service(_ store: TagStore, _ registry: ScriptedRegistry, rate: Double) throws -> DigestService {
        var configuration = RegistryConfiguration()
        configuration.requestsPerSecond = rate
        configuration.privateRegistries = try PrivateRegistries(parsing: registry.name)
        return try DigestService(
            configuration: configuration, sharedBudget: StoredBudget(store), logger: Logger(label: "test"))
    }

    /// Asks with several tasks until the time is over.
    /// - Returns: how many answers came.
    static func ask(
        _ service: DigestService, _ registry: ScriptedRegistry, for seconds: Double, tasks: Int = 8
    ) async throws -> Int {
        let end = ContinuousClock.now + .seconds(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now < end {
                        let reference = try TagReference(parsing: "\(registry.name)/app:\(task)-\(count)")
                        if case .found = await service.digest(of: reference) { count += 1 }
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
    }

    @Test(arguments: [10.0, 40]) func theRateHoldsOverAllWorkersAndIsShared(_ rate: Double) async throws {
        let arrivals = Arrivals()
        let registry = try await ScriptedRegistry { _ in
            arrivals.add()
            return WorkerTests.found()
        }
        let store = try await TestDatabase.migratedStore(maximumConnections: 8)
        for name in ["a", "b", "c"] { _ = try await store.beginWorker(name: name, at: .now()) }
        let services = try (0..<3).map { _ in try Self.service(store, registry, rate: rate) }
        let seconds = 8.0
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for service in services { group.addTask { try await Self.ask(service, registry, for: seconds) } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        for service in services { try await service.shutdown() }
        let total = arrivals.all.count
        let lasted = ((arrivals.all.max() ?? .now) - (arrivals.all.min() ?? .now)) / .seconds(1)
        let capacity = max(2, rate / 5)
        #expect(Double(total) <= rate * lasted + capacity + 1, "\(total) in \(lasted) s")
        // A turn may be used up to a second after its time.
        #expect(Double(arrivals.most(within: 1)) <= rate * 2 + capacity)
        // About the same for each; on a loaded machine no more than that none goes without can be told.
        let share = Double(counts.reduce(0, +)) / 3
        #expect(counts.allSatisfy { Double($0) >= share * 0.3 }, "\(counts)")
    }

    @Test func aPauseHoldsForAllWithinAboutASecondAndOneTriesAfterIt() async throws {
        let isBusy = Mutex(false)
        let arrivals = Arrivals()
        let registry = try await ScriptedRegistry { _ in
            arrivals.add()
            return isBusy.withLock { $0 } ? .init(429, [("Retry-After", "3")]) : WorkerTests.found()
        }
        let store = try await TestDatabase.migratedStore(maximumConnections: 8)
        let services = try (0..<3).map { _ in try Self.service(store, registry, rate: 100) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Two that are at work, and one that refuses first.
            for service in services { group.addTask { _ = try await Self.ask(service, registry, for: 1, tasks: 2) } }
            try await group.waitForAll()
        }
        isBusy.withLock { $0 = true }
        let first = try TagReference(parsing: "\(registry.name)/app:x")
        _ = await services[0].digest(of: first)
        let refused = ContinuousClock.now
        isBusy.withLock { $0 = false }
        // The others hear of it with their next exchange.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services.dropFirst() {
                group.addTask {
                    while service.availability(of: first.registry) == .zero {
                        _ = try await Self.ask(service, registry, for: 0.05, tasks: 1)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(ContinuousClock.now - refused < .milliseconds(1_600))
        for service in services.dropFirst() {
            let outcome = await service.digest(of: first)
            guard case .failed(let failure) = outcome else { Issue.record("\(outcome)"); continue }
            #expect(failure.code == .hostPaused)
            #expect(failure.description == "\(registry.name) answered 429 (too many requests)")
        }
        // A worker that starts now knows nothing, and hears it before its first request.
        let newcomer = try Self.service(store, registry, rate: 100)
        let before = arrivals.all.count
        guard case .failed = await newcomer.digest(of: first) else { Issue.record("the newcomer asked"); return }
        #expect(arrivals.all.count == before)
        for service in services + [newcomer] { try await service.shutdown() }
    }

    @Test func oneTrialOverAllWorkers() async throws {
        let arrivals = Arrivals()
        let isBroken = Mutex(true)
        let registry = try await ScriptedRegistry { _ in
            arrivals.add()
            return isBroken.withLock { $0 } ? .init(500, delay: .milliseconds(50)) : WorkerTests.found()
        }
        let store = try await TestDatabase.migratedStore(maximumConnections: 8)
        let services = try (0..<4).map { _ in try Self.service(store, registry, rate: 1_000) }
        // Opens the circuit: three failures in a row.
        for tag in 0..<3 {
            _ = await services[0].digest(of: try TagReference(parsing: "\(registry.name)/app:\(tag)"))
        }
        while try await store.status(at: .now()).hosts.first?.circuit == .closed {
            try await Task.sleep(for: .milliseconds(10))
        }
        let opened = arrivals.all.count
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for service in services { group.addTask { try await Self.askGently(service, registry, for: 4) } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(counts == [0, 0, 0, 0])
        // Pauses of about 1, 2 and 4 seconds: in four seconds one or two trials, three at most, over all workers.
        #expect((1...4).contains(arrivals.all.count - opened), "\(arrivals.all.count - opened)")
        isBroken.withLock { $0 = false }
        let deadline = ContinuousClock.now + .seconds(15)
        while ContinuousClock.now < deadline {
            let answered = try await Self.askGently(services[1], registry, for: 0.3)
            if answered > 0 { break }
        }
        #expect(try await store.status(at: .now()).hosts.first?.circuit == .closed)
        #expect(try await Self.askGently(services[1], registry, for: 0.3) > 0)
        for service in services { try await service.shutdown() }
    }

    /// As a worker asks: not while the host is being left alone.
    static func askGently(_ service: DigestService, _ registry: ScriptedRegistry, for seconds: Double) async throws
        -> Int
    {
        let end = ContinuousClock.now + .seconds(seconds)
        let name = try Registry(parsing: registry.name)
        var count = 0
        while ContinuousClock.now < end {
            guard service.availability(of: name) == .zero else {
                try await Task.sleep(for: .milliseconds(20))
                continue
            }
            count += try await ask(service, registry, for: 0.05, tasks: 4)
        }
        return count
    }

    @Test func withoutTheStoreRequestsWaitAndCanBeCancelled() async throws {
        let arrivals = Arrivals()
        let registry = try await ScriptedRegistry { _ in
            arrivals.add()
            return WorkerTests.found()
        }
        let store = TagStore(conninfo: "host=/nonexistent", logger: Logger(label: "test"))
        let service = try Self.service(store, registry, rate: 10)
        let reference = try TagReference(parsing: "\(registry.name)/app:1")
        let waiting = [false, true].map { urgent in Task { await service.digest(of: reference, urgent: urgent) } }
        try await Task.sleep(for: .milliseconds(1_500))
        #expect(arrivals.all.isEmpty)
        for task in waiting { task.cancel() }
        for task in waiting {
            guard case .failed(let failure) = await task.value else {
                Issue.record("an answer without a turn"); continue
            }
            #expect(failure.code == .cancelled)
        }
        // Without a limit nobody has to be asked.
        let free = try Self.service(store, registry, rate: 0)
        guard case .found = await free.digest(of: reference) else { Issue.record("no answer"); return }
        try await service.shutdown()
        try await free.shutdown()
    }
}
