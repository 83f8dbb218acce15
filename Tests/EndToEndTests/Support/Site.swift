import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Subprocess
import Synchronization
import SystemPackage

/// The built program as a process, with an environment of its own, and what it says.
final class TagbeatProcess: Sendable {
    /// Beside the test bundle.
    static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("tagbeat")

    private struct Lines {
        var all: [String] = []
        var rest = ""
        var waiting: [(@Sendable (String) -> Bool, CheckedContinuation<String?, Never>)] = []
        var isAtEnd = false
    }

    private let lines = Mutex(Lines())
    private let running = Mutex<Task<Int32, any Error>?>(nil)
    private let identifier = Mutex<Int32>(0)

    var processIdentifier: Int32 { identifier.withLock { $0 } }

    init(_ arguments: [String], environment: [String: String], input: String = "") async throws {
        // Nothing of whoever runs the tests may matter.
        let own = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("TAGBEAT_") && $0.key != "DATABASE_URL"
        }
        let all = own.merging(environment) { $1 }.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let task = Task { [weak self] in
            defer { start.finish() }
            let result = try await Subprocess.run(
                .path(FilePath(Self.executable.path)), arguments: Arguments(arguments),
                environment: .custom(Dictionary(uniqueKeysWithValues: all)), input: .string(input),
                output: .sequence, error: .combinedWithOutput
            ) { execution in
                self?.identifier.withLock { $0 = execution.processIdentifier.value }
                start.finish()
                for try await buffer in execution.standardOutput {
                    self?.take(buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
                }
            }
            self?.take(nil)
            return switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let number): 128 + number
            }
        }
        running.withLock { $0 = task }
        for await _ in started {}
    }

    /// What a failed test leaves behind.
    deinit { if !lines.withLock({ $0.isAtEnd }), processIdentifier > 0 { kill(processIdentifier, SIGKILL) } }

    /// Everything that was written to standard output and standard error so far.
    var output: String { lines.withLock { ($0.all + [$0.rest]).joined(separator: "\n") } }

    /// The first line, past or to come, that fits; nil when the program ends without one.
    func line(where fits: @escaping @Sendable (String) -> Bool) async -> String? {
        await withCheckedContinuation { continuation in
            lines.withLock { lines in
                if let line = lines.all.first(where: fits) { return continuation.resume(returning: line) }
                if lines.isAtEnd { return continuation.resume(returning: nil) }
                lines.waiting.append((fits, continuation))
            }
        }
    }

    /// Waits for the end and answers the exit code; 128 and more for a signal, -1 where it never started.
    func end() async -> Int32 { (try? await running.withLock { $0 }?.value) ?? -1 }

    func signal(_ number: Int32) { kill(processIdentifier, number) }

    /// Nil: the program has ended.
    private func take(_ text: String?) {
        lines.withLock { lines in
            lines.isAtEnd = text == nil
            var parts = (lines.rest + (text ?? "")).components(separatedBy: "\n")
            lines.rest = parts.removeLast()
            lines.all += parts
            lines.waiting.removeAll { fits, continuation in
                if let line = parts.first(where: fits) {
                    continuation.resume(returning: line)
                } else if lines.isAtEnd {
                    continuation.resume(returning: nil)
                } else {
                    return false
                }
                return true
            }
        }
    }
}

/// What a command said and how it ended.
struct CommandResult: Sendable {
    let code: Int32
    let output: String
}

/// A `tagbeat run` or `serve` with its address, and commands in the same environment.
struct Site: Sendable {
    let environment: [String: String]
    let process: TagbeatProcess
    let address: String

    /// - Throws: where the program ended before it printed its address, with what it said.
    static func start(_ command: String = "run", environment: [String: String]) async throws -> Site {
        let all = [
            "TAGBEAT_LISTEN": "127.0.0.1:0", "TAGBEAT_STARTER": "off", "TAGBEAT_CHECK_INTERVAL": "1s",
            "TAGBEAT_ADMIN_TOKEN": "test-admin-token", "DOCKER_CONFIG": "/nonexistent",
        ].merging(environment) { $1 }
        let process = try await TagbeatProcess([command], environment: all)
        guard let line = await process.line(where: { $0.contains("http://") }),
            let address = line.split(separator: " ").first(where: { $0.hasPrefix("http://") })
        else {
            struct NoAddress: Error { let output: String }
            throw NoAddress(output: process.output)
        }
        let text = String(address).trimmingCharacters(in: CharacterSet(charactersIn: "/.,"))
        return Site(environment: all, process: process, address: text)
    }

    func command(_ arguments: String..., input: String = "") async throws -> CommandResult {
        let process = try await TagbeatProcess(arguments, environment: environment, input: input)
        return CommandResult(code: await process.end(), output: process.output)
    }

    /// SIGTERM, and the exit code.
    func stop() async -> Int32 {
        process.signal(SIGTERM)
        return await process.end()
    }

    func kill9() async {
        process.signal(SIGKILL)
        _ = await process.end()
    }

    func get(_ path: String) async throws -> (status: Int, text: String) { try await request(.GET, path) }

    func request(
        _ method: HTTPMethod, _ path: String, json: String? = nil, token: String? = nil
    ) async throws -> (status: Int, text: String) {
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 1 << 24)
        return (Int(response.status.code), String(buffer: body))
    }

    /// A JSON answer as plain values.
    func json(_ path: String) async throws -> [String: any Sendable] {
        let (status, text) = try await get(path)
        guard status == 200,
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: any Sendable]
        else {
            struct Unexpected: Error { let status: Int, text: String }
            throw Unexpected(status: status, text: text)
        }
        return object
    }

    /// Asks until the answer fits, for what happens in the background.
    func eventually(
        _ path: String, within limit: Duration = .seconds(30), _ fits: ([String: any Sendable]) -> Bool
    ) async throws -> [String: any Sendable] {
        let deadline = ContinuousClock.now + limit
        while true {
            let answer = try? await json(path)
            if let answer, fits(answer) { return answer }
            guard ContinuousClock.now < deadline else {
                struct NeverFitted: Error { let path: String, last: String }
                throw NeverFitted(path: path, last: "\(String(describing: answer))")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
