import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The style sheet, the script and the icon: read once, kept in memory, named by their content.
struct Assets: Sendable {
    struct Asset: Sendable {
        let content: ByteBuffer
        let type: String
        let tag: String
        /// The address that changes with the content.
        let address: String
    }

    private let assets: [String: Asset]

    init(folder: URL) throws(WebError) {
        var assets: [String: Asset] = [:]
        for (name, type) in Self.types {
            guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else {
                throw .missingResources(folder.appendingPathComponent(name).path)
            }
            let hash = SHA256.hash(data: data).prefix(6).map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }.joined()
            assets[name] = Asset(
                content: ByteBuffer(bytes: data), type: type, tag: "\"\(hash)\"", address: "/assets/\(name)?v=\(hash)")
        }
        self.assets = assets
    }

    private static let types = [
        "tagbeat.css": "text/css; charset=utf-8", "tagbeat.js": "text/javascript; charset=utf-8",
        "tagbeat.svg": "image/svg+xml",
    ]

    func address(_ name: String) -> String { assets[name]?.address ?? "/assets/\(name)" }

    /// With the hash in its address it never changes; without, it is asked for again and mostly not sent.
    func response(for name: Substring, to request: Request) -> Response? {
        guard let asset = assets[String(name)] else { return nil }
        let isNamedByContent = request.uri.query?.hasPrefix("v=") == true
        var headers: HTTPFields = [
            .eTag: asset.tag,
            .cacheControl: isNamedByContent ? "public, max-age=31536000, immutable" : "public, max-age=300",
        ]
        if request.headers[values: .ifNoneMatch].contains(where: { $0.contains(asset.tag) || $0 == "*" }) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = asset.type
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: asset.content))
    }
}
