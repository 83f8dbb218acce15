import Logging
import NIOCore
import OCI
import Synchronization
import Testing

@testable import RegistryClient

let digestA = "sha256:" + String(repeating: "a", count: 64)
let digestB = "sha256:" + String(repeating: "b", count: 64)
let indexType = MediaType.ociIndex.description

/// A service that may ask the loopback registries listed, without a budget, and is shut down afterwards.
func withService<Result>(
    listed: [String] = [], logger: Logger = Logger(label: "test"), resolver: HostResolver = .system,
    time: TimeSource = TimeSource(ContinuousClock()), change: (inout RegistryConfiguration) throws -> Void = { _ in },
    _ body: (DigestService) async throws -> Result
) async throws -> Result {
    var configuration = RegistryConfiguration()
    configuration.requestsPerSecond = 0
    configuration.privateRegistries = try PrivateRegistries(parsing: listed.joined(separator: ","))
    try change(&configuration)
    let service = try DigestService(
        configuration: configuration, eventLoopGroup: nil, logger: logger, time: time, resolver: resolver)
    do {
        let result = try await body(service)
        try await service.shutdown()
        return result
    } catch {
        try? await service.shutdown()
        throw error
    }
}

extension DigestService {
    func digest(of text: String, urgent: Bool = false) async throws -> DigestOutcome {
        await digest(of: try TagReference(parsing: text), urgent: urgent)
    }

    func expect(
        _ text: String, _ expected: DigestOutcome, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let outcome = try await digest(of: text)
        #expect(outcome == expected, sourceLocation: sourceLocation)
    }

    func expect(
        _ text: String, _ code: CheckFailure.Code, urgent: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let outcome = try await digest(of: text, urgent: urgent)
        #expect(outcome.failure?.code == code, "\(outcome)", sourceLocation: sourceLocation)
    }

    /// All pages of a listing.
    func pages(of text: String) async throws -> [[String]] {
        var pages = [[String]]()
        for try await page in tags(of: try Repository(parsing: text)) { pages.append(page.map(\.name)) }
        return pages
    }
}

extension DigestOutcome {
    var failure: CheckFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }

    static func found(_ text: String, _ mediaType: MediaType? = nil) -> DigestOutcome {
        guard let digest = try? Digest(parsing: text) else {
            Issue.record("no digest: \(text)")
            return .missing
        }
        return .found(DigestAnswer(digest: digest, mediaType: mediaType))
    }
}

/// A clock that moves only when a test says so.
final class ManualTime: Sendable {
    private struct Sleeper {
        let until: Duration
        let continuation: CheckedContinuation<Void, Never>
    }

    private let state = Mutex<(now: Duration, sleepers: [Sleeper])>((.zero, []))

    var source: TimeSource { TimeSource(now: { self.now }, sleep: { await self.sleep($0) }) }
    var now: Duration { state.withLock { $0.now } }
    var sleepers: Int { state.withLock { $0.sleepers.count } }

    func advance(_ step: Duration) {
        let woken = state.withLock { state in
            state.now += step
            let woken = state.sleepers.filter { $0.until <= state.now }
            state.sleepers.removeAll { $0.until <= state.now }
            return woken
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    private func sleep(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard duration > .zero else { return true }
                state.sleepers.append(Sleeper(until: state.now + duration, continuation: continuation))
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}

/// Waits, for a short while, until something another task does has come true.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<1_000 {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}

/// A value that the tasks of a test share.
final class Box<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    func withLock<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) -> Result {
        value.withLock { value in
            var copy = value
            defer { value = copy }
            return body(&copy)
        }
    }
}
