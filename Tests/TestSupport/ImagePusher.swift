import Crypto
public import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Makes tiny valid images in a registry: a configuration, a manifest without layers, an index over such.
public struct ImagePusher: Sendable {
    public static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    public static let indexType = "application/vnd.oci.image.index.v1+json"

    let base: String
    let authorization: String?

    /// - Parameter base: `http://127.0.0.1:5000`.
    public init(base: String, username: String? = nil, password: String? = nil) {
        self.base = base
        authorization = username.map { "Basic " + Data("\($0):\(password ?? "")".utf8).base64EncodedString() }
    }

    /// Pushes an image of one platform and moves the tag to it.
    ///
    /// - Parameter content: what distinguishes this image from others; the same content is the same digest.
    /// - Returns: the manifest's digest.
    @discardableResult
    public func push(
        _ repository: String, tag: String, content: String, os: String = "linux", architecture: String = "amd64"
    ) async throws -> String {
        let manifest = try await image(repository, content: content, os: os, architecture: architecture)
        return try await put(manifest, type: Self.manifestType, to: repository, as: tag)
    }

    /// Pushes an index of one image for each architecture and moves the tag to it.
    @discardableResult
    public func pushIndex(
        _ repository: String, tag: String, content: String, architectures: [String] = ["amd64", "arm64"]
    ) async throws -> String {
        var entries = [String]()
        for architecture in architectures {
            let manifest = try await image(repository, content: content, os: "linux", architecture: architecture)
            let digest = Self.digest(manifest)
            try await put(manifest, type: Self.manifestType, to: repository, as: digest)
            entries.append(
                """
                {"mediaType":"\(Self.manifestType)","digest":"\(digest)","size":\(manifest.count),\
                "platform":{"os":"linux","architecture":"\(architecture)"}}
                """)
        }
        let index = """
            {"schemaVersion":2,"mediaType":"\(Self.indexType)","manifests":[\(entries.joined(separator: ","))]}
            """
        return try await put(Data(index.utf8), type: Self.indexType, to: repository, as: tag)
    }

    /// Removes a manifest with all its tags. (This registry cannot remove a tag alone.)
    public func delete(_ repository: String, digest: String) async throws {
        let (_, response) = try await send("DELETE", base + "/v2/\(repository)/manifests/\(digest)")
        guard response.statusCode == 202 else { throw ServerProcess.Failure("DELETE: \(response.statusCode)") }
    }

    public static func digest(_ data: Data) -> String {
        "sha256:" + SHA256.hash(data: data).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func image(_ repository: String, content: String, os: String, architecture: String) async throws -> Data {
        try await image(repository, TestImage(content: content, os: os, architecture: architecture, layers: []))
    }

    /// Uploads an image's configuration and layers.
    /// - Returns: its manifest, which is not pushed yet.
    func image(_ repository: String, _ image: TestImage) async throws -> Data {
        let config = Data(try image.config.utf8)
        let digest = try await blob(repository, config)
        var layers = [String]()
        for layer in image.layers {
            let digest = try await blob(repository, Data(layer.utf8))
            layers.append(
                """
                {"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"\(digest)","size":\(layer.utf8.count)}
                """)
        }
        return Data(
            """
            {"schemaVersion":2,"mediaType":"\(Self.manifestType)","config":{"mediaType":\
            "application/vnd.oci.image.config.v1+json","digest":"\(digest)","size":\(config.count)},\
            "layers":[\(layers.joined(separator: ","))]}
            """.utf8)
    }

    private func blob(_ repository: String, _ data: Data) async throws -> String {
        let (_, started) = try await send("POST", base + "/v2/\(repository)/blobs/uploads/")
        guard let location = started.value(forHTTPHeaderField: "Location") else {
            throw ServerProcess.Failure("POST of an upload: \(started.statusCode)")
        }
        let digest = Self.digest(data)
        let url = (location.hasPrefix("/") ? base + location : location)
        let (_, put) = try await send(
            "PUT", url + (url.contains("?") ? "&" : "?") + "digest=" + digest, body: data,
            type: "application/octet-stream")
        guard put.statusCode == 201 else { throw ServerProcess.Failure("PUT of a blob: \(put.statusCode)") }
        return digest
    }

    @discardableResult
    func put(_ data: Data, type: String, to repository: String, as name: String) async throws -> String {
        let (body, response) = try await send(
            "PUT", base + "/v2/\(repository)/manifests/\(name)", body: data, type: type)
        guard response.statusCode == 201 else {
            throw ServerProcess.Failure(
                "PUT of a manifest: \(response.statusCode) \(String(decoding: body, as: UTF8.self))")
        }
        return Self.digest(data)
    }

    private func send(
        _ method: String, _ url: String, body: Data? = nil, type: String? = nil
    ) async throws -> (Data, HTTPURLResponse) {
        guard let url = URL(string: url) else { throw ServerProcess.Failure("no URL: \(url)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        if let authorization { request.setValue(authorization, forHTTPHeaderField: "Authorization") }
        if let type { request.setValue(type, forHTTPHeaderField: "Content-Type") }
        request.httpBody = body
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw ServerProcess.Failure("no answer from \(url)") }
        return (data, response)
    }
}
