import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import Store
import TagHistory

/// A tag's history as a file: CSV for spreadsheets, NDJSON as `tagbeat import` reads it.
enum HistoryFile: String, CaseIterable {
    case csv, ndjson

    var mediaType: String { self == .csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson" }

    /// https://www.rfc-editor.org/rfc/rfc4180, oldest first.
    static func csv(_ history: [Change]) -> String {
        var text =
            "observedAt,notBefore,pushedAt,kind,reverted,source,digest,previousDigest,mediaType,platforms\r\n"
        for change in history {
            let fields = [
                change.observedAt.description, change.notBefore?.description ?? "",
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
            let text =
                switch format {
                case .csv: HistoryFile.csv(try await store.history(of: tag.id))
                case .ndjson:
                    try await store.exportObservations(of: reference).map { $0.line + "\n" }.joined()
                }
            let name = reference.familiar.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "-" }
            return Response(
                status: .ok,
                headers: [
                    .contentType: format.mediaType, .cacheControl: "no-cache",
                    .contentDisposition: "attachment; filename=\"\(String(name)).\(format.rawValue)\"",
                ], body: .init(byteBuffer: ByteBuffer(string: text)))
        }
    }
}
