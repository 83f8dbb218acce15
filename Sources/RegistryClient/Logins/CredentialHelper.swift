import Subprocess

/// Runs `docker-credential-NAME get` within bounds of time and output.
struct CredentialHelper: Sendable {
    enum Failure: Error {
        case notFound
        case timedOut
        case tooMuch
        case broken
    }

    struct Output: Sendable {
        let bytes: [UInt8]
        let succeeded: Bool
    }

    /// - Parameters: the program's name, what it is told on its standard input.
    let run: @Sendable (_ program: String, _ input: String) async throws -> Output

    init(run: @escaping @Sendable (_ program: String, _ input: String) async throws -> Output) {
        self.run = run
    }

    /// - Parameter environment: the operator's; Tagbeat's own secrets are kept from the program.
    init(environment: [String: String], timeout: Duration) {
        let own = ["TAGBEAT_", "DATABASE_URL", "DOCKERHUB_", "PGPASS"]
        let kept = environment.filter { name, _ in !name.isEmpty && !own.contains { name.hasPrefix($0) } }
        run = { program, input in try await Self.bounded(program, input, kept, timeout) }
    }

    private static func bounded(
        _ program: String, _ input: String, _ environment: [String: String], _ timeout: Duration
    ) async throws -> Output {
        try await withThrowingTaskGroup(of: Output.self) { group in
            // Detached from the group's end: whoever waits is let go in time whatever the program does.
            let answer = AsyncThrowingStream<Output, any Error>.makeStream()
            let work = Task {
                do {
                    answer.continuation.yield(try await start(program, input, environment))
                    answer.continuation.finish()
                } catch {
                    answer.continuation.finish(throwing: error)
                }
            }
            defer { work.cancel() }
            group.addTask {
                for try await output in answer.stream { return output }
                throw Failure.broken
            }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw Failure.timedOut
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw Failure.broken }
            return first
        }
    }

    private static func start(
        _ program: String, _ input: String, _ environment: [String: String]
    ) async throws -> Output {
        var options = PlatformOptions()
        // A group of its own, so that what the program started ends with it.
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .milliseconds(200))
        ]
        do {
            // Through a shell, whose pipe a program may leave unread: Subprocess 1.0.2 ends this process (a fatal error
            // in its StandardInputWriter) where a program ends before it has read its input.
            let script = #"command -v "$1" >/dev/null || exit 127; printf %s "$2" | "$1" get"#
            let result = try await Subprocess.run(
                .name("sh"), arguments: ["-c", script, "sh", program, input],
                environment: .custom(
                    Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })),
                platformOptions: options, output: .bytes(limit: CredentialHelperAnswer.longest), error: .discarded)
            if case .exited(127) = result.terminationStatus { throw Failure.notFound }
            return Output(bytes: result.standardOutput, succeeded: result.terminationStatus.isSuccess)
        } catch let error as SubprocessError {
            switch error.code {
            case .executableNotFound: throw Failure.notFound
            case .outputLimitExceeded: throw Failure.tooMuch
            default: throw Failure.broken
            }
        }
    }
}
