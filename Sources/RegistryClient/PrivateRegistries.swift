import OCI

/// The `host[:port]` that the operator allows to be private addresses, and ports other than 443 (`TAGBEAT_PRIVATE_REGISTRIES`).
///
/// An entry without a port means the default port; no other name, port or redirect is allowed by it.
public struct PrivateRegistries: Hashable, Sendable {
    private var entries: Set<HostPort> = []
    /// Hosts that stand without a port.
    private var bareHosts: Set<String> = []

    public init() {}

    /// A comma list of `host[:port]`; blanks around an entry and empty entries do not matter.
    public init(parsing text: some StringProtocol) throws(SettingError) {
        for part in text.split(separator: ",") {
            let entry = part.trimmedOfBlanks
            guard !entry.isEmpty else { continue }
            guard let (host, port) = RemoteURL.authority(Array(entry.utf8)[...]) else {
                throw SettingError(
                    "\"\(PrintableText.excerpt(entry))\" is not host[:port]; write registry.corp:5000 or [fd00::1]:5000"
                )
            }
            if let port { entries.insert(HostPort(host: host, port: port)) } else { bareHosts.insert(host) }
        }
    }

    public var isEmpty: Bool { entries.isEmpty && bareHosts.isEmpty }

    func contains(_ origin: Origin) -> Bool {
        if entries.contains(origin.hostPort) { return true }
        guard bareHosts.contains(origin.host) else { return false }
        return origin.port == 443 || (origin.port == 80 && Self.isLoopback(origin.host))
    }

    /// Whether a host is spelled as this machine itself: those speak plain HTTP too.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// A setting that cannot be used; the text says what would be right.
public struct SettingError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
