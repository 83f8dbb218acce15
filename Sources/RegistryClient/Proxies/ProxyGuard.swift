/// What somebody typed is not seen on the connection where a proxy makes it: its text is looked at instead, and what it
/// resolves to here, where it does.
enum ProxyGuard {
    /// Names that lead inside a network by what they are.
    /// https://www.iana.org/assignments/special-use-domain-names
    static func isInside(_ host: String) -> Bool {
        if let address = AddressBytes(parsing: host) { return !AddressRules.isPublic(address) }
        let labels = host.split(separator: ".")
        guard labels.count > 1, let last = labels.last else { return true }
        if ["localhost", "local", "internal", "intranet", "lan", "corp", "home", "private", "test", "invalid"]
            .contains(last)
        {
            return true
        }
        // `127.1`, `0x7f.1`: forms of addresses that some resolvers read.
        return host.hasSuffix(".home.arpa") || last.utf8.allSatisfy { (0x30...0x39).contains($0) }
            || last.hasPrefix("0x")
    }
}
