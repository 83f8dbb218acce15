@testable import OCI

extension FuzzedParser {
    static let names = [
        FuzzedParser("reference", longest: 1_000) { bytes in
            let text = text(bytes)
            try checkReference(text)
            try checkTagReference(text)
            try checkParts(text)
        }
    ]

    private static func checkReference(_ text: String) throws {
        do {
            let reference = try Reference(parsing: text)
            let printed = reference.description
            try require(try Reference(parsing: printed) == reference, "\(printed) reads as another reference")
            try require(printed.utf8.count <= text.utf8.count + 30, "\(printed) is longer than what was read")
            try require(reference.tag != nil || reference.digest != nil, "\(printed) names nothing")
            try require(reference.repository.path.utf8.count <= 255, "a path of more than 255 bytes")
        } catch let error as ReferenceError {
            try requireShowable(error)
        }
    }

    private static func checkTagReference(_ text: String) throws {
        guard let reference = try? TagReference(parsing: text) else { return }
        for printed in [reference.description, reference.familiar] {
            try require((try? TagReference(parsing: printed)) == reference, "\(printed) reads as another tag")
        }
        let repository = reference.repository
        for printed in [repository.description, repository.familiar] {
            try require((try? Repository(parsing: printed)) == repository, "\(printed) reads as another repository")
        }
        let registry = repository.registry
        try require((try? Registry(parsing: registry.name)) == registry, "\(registry) reads as another registry")
        try require(
            (try? Repository(registry: registry, path: repository.path)) == repository,
            "\(repository.path) is another path when it is read again")
    }

    private static func checkParts(_ text: String) throws {
        if let registry = try? Registry(parsing: text) {
            try require((try? Registry(parsing: registry.name)) == registry, "\(registry) reads as another registry")
            let named = try? Repository(parsing: registry.name + "/a/b")
            try require(named?.registry == registry, "\(registry) is not the registry of what lies in it")
            try require(!registry.host.utf8.contains(where: { "@/?#[]%".utf8.contains($0) }), "\(registry) as a host")
            try require(registry.port.map { (1...65_535).contains($0) } ?? true, "the port of \(registry)")
        }
        if let repository = try? Repository(parsing: text) {
            try require(
                (try? Repository(parsing: repository.familiar)) == repository, "\(repository) has another short name")
        }
        if let tag = try? Tag(parsing: text) {
            try require(tag.name == text && (1...128).contains(text.utf8.count), "the tag \(text)")
        }
    }
}
