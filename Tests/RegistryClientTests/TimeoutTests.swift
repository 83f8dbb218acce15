import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer

@Suite struct TimeoutTests {
    private func measure(
        _ registry: ScriptedRegistry, header: Duration, whole: Duration
    ) async throws -> (CheckFailure?, Duration) {
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = try await withService(
            listed: [registry.name],
            change: {
                $0.timeouts.header = header
                $0.timeouts.whole = whole
            }
        ) { try await $0.digest(of: "\(registry.name)/a/b:1") }
        return (outcome.failure, start.duration(to: clock.now))
    }

    /// An answer that lay there while this process stood still may be of any age.
    @Test func anAnswerFromBeforeAStandstillIsAskedForAgain() async throws {
        let time = ManualTime()
        let asked = Box(0)
        let registry = try await ScriptedRegistry { _ in
            let count = asked.withLock { count in
                count += 1
                return count
            }
            if count == 1 { time.advance(.seconds(19)) }
            return Answer(
                200, [("Docker-Content-Digest", count == 1 ? digestA : digestB), ("Content-Type", indexType)])
        }
        try await withService(listed: [registry.name], time: time.source) { service in
            try await service.expect("\(registry.name)/a/b:1", .found(digestB, .ociIndex))
            #expect(asked.withLock { $0 } == 2)
            try await service.expect("\(registry.name)/a/b:2", .found(digestB, .ociIndex))
            #expect(asked.withLock { $0 } == 3)
        }
    }

    @Test func headThatNeverAnswers() async throws {
        let registry = try await ScriptedRegistry { _ in Answer(200, delay: .seconds(60)) }
        let (failure, time) = try await measure(registry, header: .milliseconds(300), whole: .seconds(20))
        #expect(failure?.code == .timeout)
        #expect(failure?.detail.contains("did not answer within 0.3 s") == true)
        #expect(time < .seconds(10))
    }

    @Test func getWhoseHeadersNeverCome() async throws {
        let registry = try await ScriptedRegistry {
            Answer($0.method == "HEAD" ? 405 : 200, delay: $0.method == "HEAD" ? .zero : .seconds(60))
        }
        let (failure, time) = try await measure(registry, header: .milliseconds(300), whole: .seconds(20))
        #expect(failure?.code == .timeout)
        #expect(time < .seconds(10))
    }

    @Test func bodyThatTrickles() async throws {
        let registry = try await ScriptedRegistry { request in
            request.method == "HEAD" ? Answer(405) : Answer(200, [], .chunks(" ", every: .milliseconds(20), count: nil))
        }
        let (failure, time) = try await measure(registry, header: .seconds(20), whole: .milliseconds(1_500))
        #expect(failure?.code == .timeout)
        #expect(failure?.detail.contains("in full") == true, "\(String(describing: failure))")
        #expect(time >= .milliseconds(1_400) && time < .seconds(10))
    }

    @Test func aServerThatTakesTheConnectionAndIsSilent() async throws {
        let server = try await RawServer(answering: nil)
        let outcome = try await withService(
            listed: ["127.0.0.1:\(server.port)"], change: { $0.timeouts.header = .milliseconds(300) }
        ) { try await $0.digest(of: "127.0.0.1:\(server.port)/a:1") }
        #expect(outcome.failure?.code == .timeout)
    }

    @Test(arguments: [
        "garbage that is no HTTP\r\n\r\n", "\u{15}\u{3}\u{1}", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n", "",
        "HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 300_000) + "\r\n\r\n",
    ]) func whatIsNoHTTP(_ text: String) async throws {
        let server = try await RawServer(answering: text)
        let name = "127.0.0.1:\(server.port)"
        let outcome = try await withService(listed: [name]) { try await $0.digest(of: "\(name)/a:1") }
        let code = try #require(outcome.failure?.code)
        #expect([.badAnswer, .unreachable, .tooLarge].contains(code))
    }

    @Test func nobodyListens() async throws {
        let port = try await FreePort.find()
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = try await withService(listed: ["127.0.0.1:\(port)"]) {
            try await $0.digest(of: "127.0.0.1:\(port)/a:1")
        }
        #expect(outcome.failure?.code == .unreachable)
        #expect(outcome.failure?.detail == "127.0.0.1:\(port) cannot be reached: connection refused")
        #expect(start.duration(to: clock.now) < .seconds(4))
    }

    @Test func anUnknownName() async throws {
        let outcome = try await withService { try await $0.digest(of: "no-such-host.invalid/a:1") }
        let code = try #require(outcome.failure?.code)
        #expect([.unreachable, .timeout].contains(code))
        #expect(outcome.failure?.detail.contains("resolve") == true)
    }
}
