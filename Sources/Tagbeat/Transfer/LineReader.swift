import Foundation
import Subprocess
import SystemPackage

/// A line longer than any observation can be.
struct LineTooLong: Error, CustomStringConvertible {
    var description: String { "longer than \(LineReader.maximumLength) bytes" }
}

/// The lines of a file or of standard input, gzipped or not, in chunks; memory is bounded by one chunk.
enum LineReader {
    static let maximumLength = 64 * 1024
    private static let chunk = 5_000

    typealias Line = Result<ArraySlice<UInt8>, LineTooLong>

    /// Calls `body` with a function that answers the next lines, and nil at the end.
    ///
    /// gzip reads for us: with -f it passes on what is not gzipped, and its own process is a second core's work. An end
    /// mark follows only where it succeeded, so a file that broke off is noticed before anything is committed.
    static func lines<Value: Sendable>(
        of file: String, _ body: @escaping (_ next: () async throws -> [Line]?) async throws -> Value
    ) async throws -> Value {
        let input: FileDescriptor
        if file == "-" {
            input = .standardInput
        } else {
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw Failure("\(file) cannot be read: no such file, or no permission")
            }
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
                throw Failure("\(file) is a folder; give a file, or - for standard input")
            }
            input = try FileDescriptor.open(FilePath(file), .readOnly)
        }
        return try await lines(
            script: "gzip -cdf", input: .fileDescriptor(input, closeAfterSpawningProcess: file != "-"),
            broken: "\(file) breaks off or is no proper gzip file; nothing was imported", body)
    }

    /// The lines that a script of sh prints.
    ///
    /// - Parameters:
    ///   - arguments: the script's `$1`…, never pasted into it.
    ///   - broken: what is said where it ends without success.
    static func lines<Value: Sendable>(
        script: String, arguments: [String] = [], input: some InputProtocol = .none,
        environment: Environment = .inherit, broken: String,
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
                        guard splitter.removeEndMark() else { throw Failure(broken) }
                    }
                }
                return splitter.takeLines(keepingLast: !ended)
            }
        }
        return result.takeClosureResult()
    }
}

/// Cuts bytes into lines without their line feeds.
struct LineSplitter {
    let maximumLength: Int
    private(set) var lines: [LineReader.Line] = []
    private var rest: [UInt8] = []
    private var isTooLong = false

    init(maximumLength: Int) { self.maximumLength = maximumLength }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            extend(bytes[start..<end])
            endLine()
            start = end + 1
        }
        extend(bytes[start...])
    }

    /// The mark stands on a line of its own behind everything else.
    mutating func removeEndMark() -> Bool {
        guard case .success(let last)? = lines.last, last.elementsEqual([0x04]) else { return false }
        lines.removeLast()
        return true
    }

    /// Nil where there are none, which is the end. The last one is kept while it may be the end mark.
    mutating func takeLines(keepingLast: Bool) -> [LineReader.Line]? {
        guard !lines.isEmpty else { return nil }
        let kept = keepingLast ? lines.suffix(1) : []
        defer { lines = Array(kept) }
        return lines.dropLast(kept.count)
    }

    private mutating func extend(_ bytes: Slice<UnsafeRawBufferPointer>) {
        isTooLong = isTooLong || rest.count + bytes.count > maximumLength
        if isTooLong { rest = [] } else { rest.append(contentsOf: bytes) }
    }

    private mutating func endLine() {
        lines.append(isTooLong ? .failure(LineTooLong()) : .success(rest[...]))
        rest = []
        isTooLong = false
    }
}
