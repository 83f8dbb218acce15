import HTTPTypes
import Hummingbird

/// Whether an answer goes out as it is or gzipped. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
enum ContentCoding {
    /// What is smaller fits into one packet together with its headers.
    static let least = 1_024

    /// Whether the client takes gzip, and not rather none at all.
    static func takesGzip(_ headers: HTTPFields) -> Bool {
        var weights: [String: Double] = [:]
        // No client says so many; whoever does, gets what he gets.
        for item in headers[values: .acceptEncoding].lazy.flatMap({ $0.split(separator: ",") }).prefix(20) {
            let parts = item.split(separator: ";", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
            guard let name = parts.first?.lowercased(), !name.isEmpty else { continue }
            let weight = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }
            // What cannot be read is not wanted.
            weights[name] = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
        }
        let gzip = weights["gzip"] ?? weights["x-gzip"] ?? weights["*"] ?? 0
        return gzip > 0 && gzip >= weights["identity"] ?? 0
    }

    /// Whether gzip makes it smaller: text of any kind.
    static func isText(_ type: String?) -> Bool {
        guard let type = type?.prefix(while: { $0 != ";" }).lowercased() else { return false }
        return type.hasPrefix("text/") || type.hasSuffix("json") || type.hasSuffix("xml")
    }
}

extension Response {
    /// The same answer, gzipped where the client takes it and it is worth the while.
    ///
    /// What is in memory is compressed at once, so that its length is known, to HEAD too; a body that is written piece
    /// by piece goes through piece by piece.
    func compressed(for request: Request) async throws -> Response {
        var response = self
        if request.method == .get || request.method == .head {
            // With 304 as well: https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5
            response.headers[.vary] = "Accept-Encoding"
        }
        guard headers[.contentEncoding] == nil, status.kind != .redirection,
            ContentCoding.isText(headers[.contentType]),
            body.contentLength ?? .max >= ContentCoding.least, ContentCoding.takesGzip(request.headers)
        else { return response }
        response.headers[.contentEncoding] = "gzip"
        response.body = try await body.gzipped()
        return response
    }
}
