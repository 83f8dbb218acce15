import Foundation

/// An image to push: the same values are the same digest.
public struct TestImage: Sendable {
    /// Stands in its configuration only.
    public var content: String
    public var os = "linux"
    public var architecture: String
    public var variant: String?
    /// What its layers hold.
    public var layers: [String]
    public var created: String?
    public var labels: [String: String] = [:]

    public init(
        content: String, os: String = "linux", architecture: String = "amd64", variant: String? = nil,
        layers: [String], created: String? = nil, labels: [String: String] = [:]
    ) {
        self.content = content
        self.os = os
        self.architecture = architecture
        self.variant = variant
        self.layers = layers
        self.created = created
        self.labels = labels
    }

    var config: String {
        get throws {
            var labels = labels
            labels["content"] = content
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let text = String(decoding: try encoder.encode(labels), as: UTF8.self)
            let created = created.map { "\"created\":\"\($0)\"," } ?? ""
            return """
                {"os":"\(os)","architecture":"\(architecture)",\(created)"config":{"Labels":\(text)},\
                "rootfs":{"type":"layers","diff_ids":[]}}
                """
        }
    }
}

extension ImagePusher {
    @discardableResult
    public func push(_ repository: String, tag: String, image: TestImage) async throws -> String {
        try await put(try await self.image(repository, image), type: Self.manifestType, to: repository, as: tag)
    }

    /// Pushes an index and moves the tag to it.
    /// - Parameter attestation: the content of an attestation beside the images, as BuildKit makes it.
    @discardableResult
    public func pushIndex(
        _ repository: String, tag: String, images: [TestImage], attestation: String? = nil
    ) async throws -> String {
        var entries = [String]()
        for image in images {
            let manifest = try await self.image(repository, image)
            let digest = try await put(manifest, type: Self.manifestType, to: repository, as: Self.digest(manifest))
            let variant = image.variant.map { ",\"variant\":\"\($0)\"" } ?? ""
            entries.append(
                """
                {"mediaType":"\(Self.manifestType)","digest":"\(digest)","size":\(manifest.count),\
                "platform":{"os":"\(image.os)","architecture":"\(image.architecture)"\(variant)}}
                """)
        }
        if let attestation {
            let manifest = try await image(
                repository, TestImage(content: attestation, os: "unknown", architecture: "unknown", layers: []))
            let digest = try await put(manifest, type: Self.manifestType, to: repository, as: Self.digest(manifest))
            entries.append(
                """
                {"mediaType":"\(Self.manifestType)","digest":"\(digest)","size":\(manifest.count),\
                "annotations":{"vnd.docker.reference.type":"attestation-manifest"},\
                "platform":{"os":"unknown","architecture":"unknown"}}
                """)
        }
        let index = """
            {"schemaVersion":2,"mediaType":"\(Self.indexType)","manifests":[\(entries.joined(separator: ","))]}
            """
        return try await put(Data(index.utf8), type: Self.indexType, to: repository, as: tag)
    }
}
