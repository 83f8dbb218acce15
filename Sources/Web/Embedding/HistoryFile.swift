import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import Store
import TagHistory

/// A tag's history as a file that `tagbeat import` reads: CSV for spreadsheets, with what follows from it, and NDJSON.
enum HistoryFile: String, CaseIterable {
    case csv, ndjson

    var mediaType: String { self == .csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson" }

    static let csvHeader =
        "image,observedAt,notBefore,pushedAt,kind,reverted,source,digest,previousDigest,mediaType,platforms\r\n"

    /// https://www.rfc-editor.org/rfc/rfc4180, oldest first, without the header.
    static func csv(_ history: [Change], of reference: TagReference) -> String {
        var text = ""
        for change in history {
            let fields = [
                reference.description, change.observedAt.description, change.notBefore?.description ?? "",
                change.pushedAt?.description ?? "", change.kind.name, change.reverted ? "true" : "false",
                change.source.name, change.digest?.description ?? "", change.previousDigest?.description ?? "",
                change.mediaType?.description ?? "", change.platforms.map(\.description).joined(separator: " "),
            ]
            text += fields.map(field).joined(separator: ",") + "\r\n"
        }
        return text
    }

    /// Quoted where it has to be. What a spreadsheet would take for a formula becomes text.
    private static func field(_ text: String) -> String {
        let text = text.first.map { "=+-@".contains($0) } ?? false ? "'" + text : text
        guard text.contains(where: { ",\"\r\n".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

extension Site {
    func historyFile(_ request: Request, _ context: SiteContext) async throws -> Response {
        guard let format = HistoryFile.allCases.first(where: { request.uri.path.hasSuffix(".\($0.rawValue)") }) else {
            throw Problem.notFound("There are /history/IMAGE.csv and /history/IMAGE.ndjson.")
        }
        let reference = try Self.reference(in: request, after: "/history/", ending: ".\(format.rawValue)")
        return try await answer(request, context, about: reference) { tag in
            // Before anything is sent: where the database does not answer, the status says so.
            var text = try await HistoryText(format, of: tag, store)
            let first = try await text.next() ?? ByteBuffer()
            let name = reference.familiar.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "-" }
            return Response(
                status: .ok,
                headers: [
                    .contentType: format.mediaType, .cacheControl: "no-cache",
                    .contentDisposition: "attachment; filename=\"\(String(name)).\(format.rawValue)\"",
                ],
                body: text.isAtEnd ? .init(byteBuffer: first) : .init(first, text))
        }
    }
}

/// The text of a history's file, part by part.
private struct HistoryText: Sendable {
    private enum Source: Sendable {
        case rows(HistoryReader, of: TagReference, header: String)
        case observations(ObservationReader)
    }

    private var source: Source

    init(_ format: HistoryFile, of tag: TrackedTag, _ store: TagStore) async throws {
        switch format {
        case .csv: source = .rows(store.historyReader(of: tag.id), of: tag.reference, header: HistoryFile.csvHeader)
        case .ndjson:
            guard let reader = try await store.observationReader(of: tag.reference) else {
                throw Site.notTracked(tag.reference)
            }
            source = .observations(reader)
        }
    }

    var isAtEnd: Bool {
        switch source {
        case .rows(let reader, _, _): reader.isAtEnd
        case .observations(let reader): reader.isAtEnd
        }
    }

    mutating func next() async throws -> ByteBuffer? {
        switch source {
        case .rows(var reader, let reference, let header):
            guard let rows = try await reader.next() else { return nil }
            source = .rows(reader, of: reference, header: "")
            return ByteBuffer(string: header + HistoryFile.csv(rows, of: reference))
        case .observations(var reader):
            guard let rows = try await reader.next() else { return nil }
            source = .observations(reader)
            return ByteBuffer(string: rows.map { $0.line + "\n" }.joined())
        }
    }
}

extension ResponseBody {
    /// The rest is read while it is sent, no faster than the client takes it. Where that fails the transfer has no end,
    /// so that nobody takes a part for the whole.
    fileprivate init(_ first: ByteBuffer, _ text: HistoryText) {
        self.init { writer in
            var text = text
            try await writer.write(first)
            while let part = try await text.next() { try await writer.write(part) }
            try await writer.finish(nil)
        }
    }
}
