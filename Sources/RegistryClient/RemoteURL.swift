import OCI

/// Scheme, host and port: the unit within which credentials and links stay.
struct Origin: Hashable, Sendable, CustomStringConvertible {
    enum Scheme: String, Sendable {
        case http, https

        var defaultPort: Int { self == .https ? 443 : 80 }
    }

    let scheme: Scheme
    /// In lower case, without brackets and without the root's dot.
    let host: String
    let port: Int

    /// Fit for the beginning of a URL, the default port left out.
    let description: String

    init(scheme: Scheme, host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
        let bracketed = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        description = "\(scheme.rawValue)://\(bracketed)" + (port == scheme.defaultPort ? "" : ":\(port)")
    }

    var hostPort: HostPort { HostPort(host: host, port: port) }

    /// For people: the host, and the port where it is not the usual one.
    var name: String { port == scheme.defaultPort ? host : hostPort.description }
}

struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// In lower case, without brackets and without the root's dot.
    let host: String
    let port: Int

    /// `ghcr.io:443`, `[::1]:5000`.
    var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// An absolute URL in the narrow form that this client asks: http or https, no user part, no fragment, ASCII.
///
/// Narrow on purpose: a URL that two parsers read differently is how guards are passed by. Everything that is not
/// plainly a host is refused, and the text that goes out is put together from the parts that were checked.
/// https://www.rfc-editor.org/rfc/rfc3986
struct RemoteURL: Hashable, Sendable {
    let origin: Origin
    /// Path and query, beginning with `/`.
    let target: String

    /// The whole, for the client that sends it; never for a log, because queries may carry secrets.
    var text: String { origin.description + target }

    static let longest = 8_192

    init(origin: Origin, target: String) {
        self.origin = origin
        self.target = target
    }

    init?(parsing text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(Self.longest + 1))
        guard bytes.count <= Self.longest, bytes.allSatisfy(Self.isAllowed) else { return nil }
        self.init(bytes)
    }

    /// What `reference`, found in an answer to this URL, points at. https://www.rfc-editor.org/rfc/rfc3986#section-5
    ///
    /// The result is no longer than what may be parsed: else a listing whose pages each point further down would grow
    /// without end.
    func resolving(_ reference: some StringProtocol) -> RemoteURL? {
        let bytes = Array(reference.utf8.prefix(Self.longest + 1))
        guard !bytes.isEmpty, bytes.count <= Self.longest, bytes.allSatisfy(Self.isAllowed) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasPrefix("//") { return RemoteURL(parsing: origin.scheme.rawValue + ":" + text) }
        let schemeEnd = bytes.firstIndex { !Self.isSchemeByte($0) } ?? bytes.endIndex
        if schemeEnd > 0, schemeEnd < bytes.endIndex, bytes[schemeEnd] == UInt8(ascii: ":") {
            return RemoteURL(bytes)
        }
        let reference = String(text.prefix { $0 != "#" })
        let path = String(target.prefix { $0 != "?" })
        if reference.isEmpty { return self }
        if reference.hasPrefix("/") { return RemoteURL(at: origin, reference) }
        if reference.hasPrefix("?") { return RemoteURL(at: origin, path + reference) }
        let folder = String(path[...(path.lastIndex(of: "/") ?? path.startIndex)])
        return RemoteURL(at: origin, folder + reference)
    }

    private init?(at origin: Origin, _ target: String) {
        guard origin.description.utf8.count + target.utf8.count <= Self.longest else { return nil }
        self.init(origin: origin, target: target)
    }

    private init?(_ bytes: [UInt8]) {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let scheme = Origin.Scheme(rawValue: String(decoding: bytes[..<colon], as: UTF8.self).lowercased()),
            bytes[(colon + 1)...].starts(with: "//".utf8)
        else { return nil }
        let start = colon + 3
        let end = bytes[start...].firstIndex { $0 == 0x2f || $0 == 0x3f || $0 == 0x23 } ?? bytes.endIndex
        guard let authority = Self.authority(bytes[start..<end]) else { return nil }
        let rest = String(decoding: bytes[end...].prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
        self.init(
            at: Origin(scheme: scheme, host: authority.host, port: authority.port ?? scheme.defaultPort),
            rest.hasPrefix("/") ? rest : "/" + rest)
    }

    /// A host as the settings and registries write it: the grammar of references, without the need of a dot.
    static func authority(_ bytes: ArraySlice<UInt8>) -> (host: String, port: Int?)? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard !text.utf8.contains(UInt8(ascii: "@")), !text.utf8.contains(UInt8(ascii: "%")) else { return nil }
        // With a port every valid host reads as one; `:1` is added where none stands.
        let lower = text.lowercased()
        let hasPort = !bytes.isEmpty && bytes.last != UInt8(ascii: "]") && lower.hasNumericPort
        let undotted = lower.hasSuffix(".") && !hasPort ? String(lower.dropLast()) : lower
        guard let registry = try? Registry(parsing: hasPort ? undotted : undotted + ":1") else { return nil }
        let host = registry.host.hasSuffix(".") ? String(registry.host.dropLast()) : registry.host
        return host.isEmpty ? nil : (host, hasPort ? registry.port : nil)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7f && !"\"<>\\^`{|}".utf8.contains(byte)
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension String {
    fileprivate var hasNumericPort: Bool {
        guard let colon = utf8.lastIndex(of: UInt8(ascii: ":")) else { return false }
        if utf8.first == UInt8(ascii: "["), let close = utf8.lastIndex(of: UInt8(ascii: "]")) { return close < colon }
        return true
    }
}
