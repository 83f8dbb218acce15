import Foundation
import Subprocess
import SystemPackage

/// The lines of a file or of standard input, gzipped or not, in chunks; memory is bounded by one chunk.
enum LineReader {
    /// Longer than any observation can be.
    static let maximumLength = 64 * 1024
    private static let chunk = 5_000

    typealias Line = LineSplitter.Line

    /// Calls `body` with a function that answers the next lines, and nil at the end.
    ///
    /// gzip reads for us: with -f it passes on what is not gzipped, and its own process is a second core's work. An end
    /// mark follows only where it succeeded, so a file that broke off is noticed before anything is committed.
    ///
    /// - Parameter consequence: what is said of a file that breaks off.
    static func lines<Value: Sendable>(
        of file: String, consequence: String = "nothing was imported",
        _ body: @escaping (_ next: () async throws -> [Line]?) async throws -> Value
    ) async throws -> Value {
        let input: FileDescriptor
        if file == "-" {
            input = .standardInput
        } else {
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw Failure.badInput("\(file) cannot be read: no such file, or no permission")
            }
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
                throw Failure.badInput("\(file) is a folder; give a file, or - for standard input")
            }
            input = try FileDescriptor.open(FilePath(file), .readOnly)
        }
        return try await lines(
            script: "gzip -cdf", input: .fileDescriptor(input, closeAfterSpawningProcess: file != "-"),
            broken: .badInput("\(file) breaks off or is no proper gzip file; \(consequence)"), body)
    }

    /// The lines that a script of sh prints.
    ///
    /// - Parameters:
    ///   - arguments: the script's `$1`…, never pasted into it.
    ///   - broken: what is thrown where it ends without success.
    static func lines<Value: Sendable>(
        script: String, arguments: [String] = [], input: some InputProtocol = .none,
        environment: Environment = .inherit, broken: Failure,
        _ body: @escaping (_ next: () async throws -> [Line]?) async throws -> Value
    ) async throws -> Value {
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", script + " && printf '\\n\\004\\n'", "sh"] + arguments),
            environment: environment, input: input, output: .sequence, error: .string(limit: 4096)
        ) { execution in
            var buffers = execution.standardOutput.makeAsyncIterator()
            var splitter = LineSplitter(maximumLength: maximumLength)
            var ended = false
            return try await body {
                while splitter.lines.count <= chunk, !ended {
                    if let buffer = try await buffers.next() {
                        buffer.withUnsafeBytes { splitter.append($0) }
                    } else {
                        ended = true
                        // Ctrl-C ends the other process too, and is no fault of the file.
                        try Task.checkCancellation()
                        guard splitter.removeEndMark() else { throw broken }
                    }
                }
                return splitter.takeLines(keepingLast: !ended)
            }
        }
        return result.takeClosureResult()
    }
}
