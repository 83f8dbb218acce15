import Foundation
import OCI
import Store

/// Reads the lines of an import, NDJSON or CSV, and keeps count of them.
final class ImportLines {
    private enum Form: Sendable {
        case json
        case csv(CSVHeader)
    }

    private let skipInvalid: Bool
    private var form: Form?
    private var line = 0
    private(set) var skipped = 0

    init(skipInvalid: Bool) { self.skipInvalid = skipInvalid }

    /// Each core reads a piece: reading takes longer than unpacking and sorting together.
    /// - Throws: ``Failure`` naming the first bad line, unless these are left out.
    func parse(_ lines: [LineSplitter.Line]) async throws -> [ImportRow] {
        let now = Timestamp.now()
        var rows: [ImportRow] = []
        rows.reserveCapacity(lines.count)
        var rest = lines[...]
        while form == nil, let first = rest.popFirst() {
            line += 1
            switch first {
            case .failure(let error): try take(.bad("\(error)"), into: &rows)
            case .success(let bytes) where Self.isBlank(bytes): break
            case .success(let bytes):
                let form = try Self.form(bytes, line: line)
                if case .json = form { try take(Self.read(first, as: form, now: now), into: &rows) }
                self.form = form
            }
        }
        guard let form else { return rows }
        let size = max(500, (rest.count + Self.cores - 1) / Self.cores)
        let pieces = stride(from: rest.startIndex, to: rest.endIndex, by: size)
            .map { rest[$0..<min($0 + size, rest.endIndex)] }
        let outcomes = await withTaskGroup(of: (Int, [Outcome]).self) { group in
            for (place, piece) in pieces.enumerated() {
                group.addTask { (place, piece.map { Self.read($0, as: form, now: now) }) }
            }
            return await group.reduce(into: Array(repeating: [], count: pieces.count)) { $0[$1.0] = $1.1 }
        }
        for outcome in outcomes.joined() {
            line += 1
            try take(outcome, into: &rows)
        }
        return rows
    }

    private static let cores = ProcessInfo.processInfo.activeProcessorCount

    private enum Outcome: Sendable {
        case row(ImportRow)
        case blank
        case bad(String)
    }

    /// The first line that is not blank tells it.
    private static func form(_ bytes: ArraySlice<UInt8>, line: Int) throws -> Form {
        do { return try CSVHeader(bytes).map(Form.csv) ?? .json } catch {
            // Without the columns no other line can be read.
            throw Failure.badInput("line \(line): \(error); nothing was imported")
        }
    }

    private static func read(_ line: LineSplitter.Line, as form: Form, now: Timestamp) -> Outcome {
        do {
            let bytes = try line.get()
            if isBlank(bytes) { return .blank }
            switch form {
            case .json: return .row(try ObservationLine.parse(bytes, now: now))
            case .csv(let header): return .row(try header.parse(bytes, now: now))
            }
        } catch {
            return .bad("\(error)")
        }
    }

    private static func isBlank(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }

    private func take(_ outcome: Outcome, into rows: inout [ImportRow]) throws {
        switch outcome {
        case .row(let row): rows.append(row)
        case .blank: break
        case .bad(let problem):
            guard skipInvalid else { throw Failure.badInput("line \(line): \(problem); nothing was imported") }
            skipped += 1
            if skipped <= 20 { Console.error("line \(line) left out: \(problem)") }
        }
    }
}
