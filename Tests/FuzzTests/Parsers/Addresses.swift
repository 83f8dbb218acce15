@testable import OCI
@testable import RegistryClient

extension FuzzedParser {
    static let addresses = [
        FuzzedParser("url", longest: 17_000) { bytes in
            // A base and what is found in its answer, each in a line.
            let lines = bytes.split(separator: 0x0A, maxSplits: 1).map { text($0) }
            let base = lines.first.flatMap { RemoteURL(parsing: $0) }
            if let base { try check(base) }
            let reference = lines.last ?? ""
            for base in [base, RemoteURL(parsing: "https://registry.test/v2/a/tags/list?n=2")] {
                guard let base, let url = base.resolving(reference) else { continue }
                try check(url)
                let hasAuthority = reference.hasPrefix("//") || reference.contains(":")
                try require(hasAuthority || url.origin == base.origin, "\(reference) leads away from \(base.origin)")
            }
        },
        FuzzedParser("endpoint", longest: 9_000) { bytes in
            let text = text(bytes)
            do {
                let endpoint = try Endpoint(parsing: text)
                try require(endpoint.path.isEmpty || endpoint.path.hasPrefix("/"), "the path \(endpoint.path)")
                try require(!endpoint.path.hasSuffix("/"), "the path \(endpoint.path)")
                let again = try Endpoint(parsing: endpoint.description)
                try require(again.origin == endpoint.origin, "\(endpoint) reads as \(again)")
            } catch let error as SettingError {
                try requireShowable(error)
            }
            _ = try? PrivateRegistries(parsing: text)
            if let registry = DockerConfig.registry(text) {
                try require((try? Registry(parsing: registry.name)) == registry, "\(registry) reads as another")
            }
        },
    ]

    private static func check(_ url: RemoteURL) throws {
        let text = url.text
        try require(text.utf8.count <= 2 * RemoteURL.longest, "an address of \(text.utf8.count) bytes")
        guard let again = RemoteURL(parsing: text) else {
            throw BrokenProperty(description: "cannot be read again: \(text)")
        }
        try require(again == url, "\(text) reads as \(again)")
        try require(url.target.hasPrefix("/"), "the target \(url.target)")
        try require(!url.target.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7f || $0 == 0x23 }), "\(url.target)")
        let origin = url.origin
        try require((1...65_535).contains(origin.port), "the port \(origin.port)")
        try require(!origin.host.isEmpty && origin.host == origin.host.lowercased(), "the host \(origin.host)")
        try require(!origin.host.utf8.contains(where: { "@/?#[]%\\".utf8.contains($0) }), "the host \(origin.host)")
        try require(!origin.host.hasSuffix("."), "the host \(origin.host)")
    }
}
