import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// An answer that stays the same while the process lives, compressed once.
struct Asset: Sendable {
    let content: ByteBuffer
    /// Nil where it is not worth the while.
    private let gzipped: ByteBuffer?
    let type: String
    /// Of its content, in hexadecimal.
    let hash: String

    init(_ content: Data, type: String) {
        self.content = ByteBuffer(bytes: content)
        gzipped =
            content.count < ContentCoding.least || !ContentCoding.isText(type)
            ? nil : try? GzipStream.file(of: self.content, level: 9)
        self.type = type
        hash = SHA256.hash(data: content).prefix(6).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// Whole, or 304 where the client has it.
    func response(to request: Request, cacheControl: String = "public, max-age=300") -> Response {
        let tag = "\"\(hash)\""
        // Weak: it names the content, gzipped or not.
        var headers: HTTPFields = [.eTag: "W/" + tag, .cacheControl: cacheControl]
        if request.headers[values: .ifNoneMatch].contains(where: { $0.contains(tag) || $0 == "*" }) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = type
        guard let gzipped, ContentCoding.takesGzip(request.headers) else {
            return Response(status: .ok, headers: headers, body: .init(byteBuffer: content))
        }
        headers[.contentEncoding] = "gzip"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: gzipped))
    }
}

/// The style sheet, the script and the icon: read once, kept in memory, named by their content.
struct Assets: Sendable {
    private let assets: [String: Asset]

    init(folder: URL) throws(WebError) {
        var assets: [String: Asset] = [:]
        for (name, type) in Self.types {
            guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else {
                throw .missingResources(folder.appendingPathComponent(name).path)
            }
            assets[name] = Asset(data, type: type)
        }
        self.assets = assets
    }

    private static let types = [
        "tagbeat.css": "text/css; charset=utf-8", "tagbeat.js": "text/javascript; charset=utf-8",
        "tagbeat.svg": "image/svg+xml",
    ]

    /// The address that changes with the content.
    func address(_ name: String) -> String { "/assets/\(name)" + (assets[name].map { "?v=\($0.hash)" } ?? "") }

    /// With its hash in the address it never changes; without, or with another version's, it is asked for again and mostly
    /// not sent.
    func response(for name: Substring, to request: Request) -> Response? {
        assets[String(name)].map {
            request.uri.query == "v=\($0.hash)"
                ? $0.response(to: request, cacheControl: "public, max-age=31536000, immutable")
                : $0.response(to: request)
        }
    }
}
