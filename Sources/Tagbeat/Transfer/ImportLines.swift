import Foundation
import OCI
import Store

/// Reads the lines of an import, NDJSON or CSV, and keeps count of them.
final class ImportLines {
    private enum Form {
        case json
        case csv(CSVHeader)
    }

    private let skipInvalid: Bool
    private var form: Form?
    private var line = 0
    private(set) var skipped = 0

    init(skipInvalid: Bool) { self.skipInvalid = skipInvalid }

    /// - Throws: ``Failure`` naming the first bad line, unless these are left out.
    func parse(_ lines: [LineSplitter.Line]) throws -> [ImportRow] {
        let now = Timestamp.now()
        var rows: [ImportRow] = []
        rows.reserveCapacity(lines.count)
        for item in lines {
            line += 1
            do {
                let bytes = try item.get()
                if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
                if let row = try row(bytes, now: now) { rows.append(row) }
            } catch let failure as Failure {
                throw failure
            } catch {
                guard skipInvalid else {
                    throw Failure.badInput("line \(line): \(error); nothing was imported")
                }
                skipped += 1
                if skipped <= 20 { Console.error("line \(line) left out: \(error)") }
            }
        }
        return rows
    }

    /// Nil for a line that is no observation: the names of the columns.
    private func row(_ bytes: ArraySlice<UInt8>, now: Timestamp) throws -> ImportRow? {
        switch form {
        case .json: return try ObservationLine.parse(bytes, now: now)
        case .csv(let header): return try header.parse(bytes, now: now)
        case nil:
            do {
                if let header = try CSVHeader(bytes) {
                    form = .csv(header)
                    return nil
                }
            } catch {
                // Without the columns no other line can be read.
                throw Failure.badInput("line \(line): \(error); nothing was imported")
            }
            form = .json
            return try ObservationLine.parse(bytes, now: now)
        }
    }
}
