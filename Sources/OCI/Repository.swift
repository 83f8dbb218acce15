/// A registry's collection of manifests under one name. The word always means an OCI repository.
public struct Repository: Hashable, Sendable {
    public let registry: Registry
    /// The name within the registry: `library/python`, `owner/name`.
    public let path: String

    /// Docker Hub's names of one part are its official images: they get their `library/`.
    public init(registry: Registry, path: some StringProtocol) throws(ReferenceError) {
        try self.init(registry: registry, path: ReferenceScanner.bytes(of: path), in: path)
    }

    /// A name without tag and digest, Docker's short forms included: `python`, `ghcr.io/owner/name`.
    public init(parsing text: some StringProtocol) throws(ReferenceError) {
        let parts = try ReferenceScanner(text)
        guard parts.tag == nil, parts.digest == nil else { throw ReferenceError(.tagNotAllowed, text) }
        self = parts.repository
    }

    init(registry: Registry, path: Bytes, in text: some StringProtocol) throws(ReferenceError) {
        try Self.validate(path, in: text)
        let official = registry == .dockerHub && !path.contains(.slash)
        guard path.count + (official ? 8 : 0) <= 255 else { throw ReferenceError(.repositoryTooLong, text) }
        self.registry = registry
        self.path = official ? "library/" + path.text : path.text
    }

    // path-component := alpha-numeric [separator alpha-numeric]*, separator := /[_.]|__|[-]*/
    private static func validate(_ path: Bytes, in text: some StringProtocol) throws(ReferenceError) {
        guard !path.isEmpty else { throw ReferenceError(.empty, text) }
        guard !path.contains(where: \.isUpperCase) else { throw ReferenceError(.upperCaseRepository, text) }
        var index = path.startIndex
        while index < path.endIndex {
            guard path[index].isLowerCaseAlphanumeric else { throw ReferenceError(.badRepository, text) }
            while index < path.endIndex, path[index].isLowerCaseAlphanumeric { index += 1 }
            guard index < path.endIndex else { return }
            index = try skipSeparator(path, at: index, in: text)
            guard index < path.endIndex else { throw ReferenceError(.badRepository, text) }
        }
    }

    private static func skipSeparator(
        _ path: Bytes, at start: Int, in text: some StringProtocol
    ) throws(ReferenceError) -> Int {
        switch path[start] {
        case .slash, .dot: return start + 1
        case .underscore: return start + 1 < path.endIndex && path[start + 1] == .underscore ? start + 2 : start + 1
        case .dash: return path[start...].firstIndex { $0 != .dash } ?? path.endIndex
        default: throw ReferenceError(.badRepository, text)
        }
    }
}

extension Repository: Comparable, CustomStringConvertible {
    public static func < (left: Repository, right: Repository) -> Bool {
        (left.registry, left.path) < (right.registry, right.path)
    }

    /// In full: `docker.io/library/python`.
    public var description: String { registry.name + "/" + path }

    /// As people write it: `python` and `owner/name` for Docker Hub, in full for any other registry.
    public var familiar: String {
        guard registry == .dockerHub else { return description }
        guard let slash = path.utf8.firstIndex(of: .slash) else { return description }
        let (namespace, name) = (path[..<slash], path[path.utf8.index(after: slash)...])
        if namespace == "library", !name.utf8.contains(.slash) {
            return ReferenceScanner.isIdentifier(Array(name.utf8)[...]) ? description : String(name)
        }
        return HostGrammar.isHost(Array(namespace.utf8)[...]) ? description : path
    }
}
