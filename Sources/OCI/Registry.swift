/// A registry by the name that references bear: `docker.io`, `ghcr.io`, `localhost:5000`, `[::1]:5000`.
///
/// Where its API answers may be another host: that is the client's business.
public struct Registry: Sendable {
    /// In its one spelling, with the port where one was written.
    public let name: String
    /// Without port and brackets.
    public let host: String
    public let port: Int?

    public static let dockerHub = Registry(name: "docker.io", host: "docker.io", port: nil)

    /// A host with an optional port, as it stands before a repository's first `/`.
    public init(parsing text: some StringProtocol) throws(ReferenceError) {
        let bytes = try ReferenceScanner.bytes(of: text)
        // A name that would not read as a host in a reference could be stored, but never be found again.
        guard HostGrammar.isHost(bytes) else { throw ReferenceError(.badHost, text) }
        try self.init(bytes, in: text)
    }

    init(_ bytes: Bytes, in text: some StringProtocol) throws(ReferenceError) {
        let grammar = try HostGrammar(bytes, in: text)
        if grammar.port == nil, Self.dockerHubNames.contains(grammar.name) {
            self = .dockerHub
        } else {
            self.init(name: grammar.name, host: grammar.host, port: grammar.port)
        }
    }

    private init(name: String, host: String, port: Int?) {
        self.name = name
        self.host = host
        self.port = port
    }

    private static let dockerHubNames: Set = ["docker.io", "index.docker.io", "registry-1.docker.io"]
}

extension Registry: Hashable, Comparable, CustomStringConvertible {
    public static func == (left: Registry, right: Registry) -> Bool { left.name == right.name }
    public static func < (left: Registry, right: Registry) -> Bool { left.name < right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
    public var description: String { name }
}
