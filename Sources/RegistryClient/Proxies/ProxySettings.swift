import OCI

/// Which requests go through a proxy, from the variables that curl and most programs read, in lower or upper case:
/// `https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`.
public struct ProxySettings: Hashable, Sendable, CustomStringConvertible {
    private var https: Proxy?
    private var http: Proxy?
    private var exceptions = ProxyExceptions()

    /// No proxy at all.
    public init() {}

    /// - Throws: `SettingError`; its text holds no value, because a proxy's URL may hold a password.
    public init(environment: [String: String]) throws(SettingError) {
        func proxy(_ name: String) throws(SettingError) -> Proxy? {
            for variable in [name.lowercased(), name.uppercased()] {
                let text = environment[variable].map { String($0.trimmedOfBlanks) } ?? ""
                if !text.isEmpty { return try Proxy(parsing: text, variable: variable) }
            }
            return nil
        }
        let all = try proxy("all_proxy")
        https = try proxy("https_proxy") ?? all
        http = try proxy("http_proxy") ?? all
        let none = environment["no_proxy"].flatMap { $0.isEmpty ? nil : $0 } ?? environment["NO_PROXY"] ?? ""
        exceptions = ProxyExceptions(parsing: none)
    }

    var all: Set<Proxy> { Set([https, http].compactMap(\.self)) }

    /// Nil: straight. This machine itself and what is on its own link, metadata servers among it, is never a proxy's.
    func proxy(for origin: Origin) -> Proxy? {
        guard let proxy = origin.scheme == .https ? https : http else { return nil }
        guard !PrivateRegistries.isLoopback(origin.host), origin.host != "metadata.google.internal" else { return nil }
        if let address = AddressBytes(parsing: origin.host), address.isOfThisLink { return nil }
        return exceptions.contains(origin) ? nil : proxy
    }

    public var description: String { all.map(\.description).sorted().joined(separator: ", ") }
}

/// What `NO_PROXY` says. https://about.gitlab.com/blog/we-need-to-talk-no-proxy/ tells how little programs agree; here
/// a domain is its subdomains too, with or without the leading dot, as for curl.
struct ProxyExceptions: Hashable, Sendable {
    private enum Entry: Hashable {
        case domain(String, port: Int?)
        case network(AddressBytes, bits: Int)
    }

    private var isEverything = false
    private var entries: [Entry] = []

    init() {}

    /// Hosts, domains, `host:port`, addresses, networks as `10.0.0.0/8`, or `*`; what is none of these matches nothing.
    init(parsing text: String) {
        for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            var part = part.lowercased()
            if part == "*" { isEverything = true }
            if let slash = part.firstIndex(of: "/") {
                guard let network = AddressBytes(parsing: String(part[..<slash])),
                    let bits = Int(part[part.index(after: slash)...]), (0...network.bytes.count * 8).contains(bits)
                else { continue }
                entries.append(.network(network, bits: bits))
                continue
            }
            if let address = AddressBytes(parsing: part) {
                entries.append(.network(address, bits: address.bytes.count * 8))
                continue
            }
            for prefix in ["*.", "."] where part.hasPrefix(prefix) { part.removeFirst(prefix.count) }
            if let (host, port) = RemoteURL.authority(Array(part.utf8)[...]) {
                entries.append(.domain(host, port: port))
            }
        }
    }

    func contains(_ origin: Origin) -> Bool {
        if isEverything { return true }
        let address = AddressBytes(parsing: origin.host)
        return entries.contains { entry in
            switch entry {
            case .network(let network, let bits): address.map { network.contains($0, bits: bits) } ?? false
            case .domain(let domain, let port):
                (port == nil || port == origin.port)
                    && (origin.host == domain || (address == nil && origin.host.hasSuffix("." + domain)))
            }
        }
    }
}
