import Glibc

/// `host`, `host:port` or `[::1]:port`, the host in lower case and without brackets.
struct HostPort: Sendable, Hashable, CustomStringConvertible {
    let host: String
    let port: Int?

    var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }

    init(host: String, port: Int?) {
        self.host = host
        self.port = port
    }

    init(parsing text: String) throws(BadValue) {
        let bad = BadValue("is not a host", right: "host, host:port or [::1]:port")
        var rest = Substring(text.lowercased())
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { throw bad }
            let inner = String(rest[rest.index(after: rest.startIndex)..<end])
            guard AddressRange.bytes(of: inner)?.count == 16 else { throw bad }
            host = inner
            rest = rest[rest.index(after: end)...]
        } else if AddressRange.bytes(of: String(rest))?.count == 16 {
            throw BadValue("has no brackets around its IPv6 address", right: "[\(rest)] or [\(rest)]:port")
        } else {
            let name = rest.prefix { $0 != ":" }
            guard !name.isEmpty, name.utf8.count <= 253, !name.hasPrefix("-"), !name.hasPrefix("."),
                name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) })
            else { throw bad }
            host = String(name)
            rest = rest.dropFirst(name.count)
        }
        if rest.isEmpty {
            port = nil
        } else {
            let digits = rest.dropFirst()
            guard rest.first == ":", !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
                throw bad
            }
            guard let number = Int(digits), number <= 65535 else {
                throw BadValue("has a port that does not exist", right: "a port from 1 to 65535")
            }
            port = number
        }
    }
}

/// Where the server listens. Port 0 lets the system choose one.
struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    let host: String
    let port: Int

    var description: String { HostPort(host: host, port: port).description }

    init(parsing text: String) throws(BadValue) {
        let right = "HOST:PORT, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080"
        do throws(BadValue) {
            let address = try HostPort(parsing: text)
            guard let port = address.port else { throw BadValue("has no port", right: right) }
            (host, self.port) = (address.host, port)
        } catch {
            throw BadValue(
                error.problem == "is not a host" ? "is not an address to listen at" : error.problem, right: right)
        }
    }
}

/// An address or a block of addresses in CIDR notation (RFC 4632, RFC 4291).
struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    private let network: [UInt8]
    let prefixLength: Int
    let description: String

    init(parsing text: String) throws(BadValue) {
        let bad = BadValue("is not an IP address or block", right: "10.0.0.1, 10.0.0.0/8 or fd00::/8")
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = Self.bytes(of: String(parts[0])) else { throw bad }
        var length = bytes.count * 8
        if parts.count > 1 {
            guard parts[1].allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(parts[1]), number <= length
            else { throw bad }
            length = number
        }
        network = bytes
        prefixLength = length
        description = text
    }

    /// Whether the address lies in the block. An IPv4 address mapped into IPv6 counts as what it is.
    func contains(_ address: String) -> Bool {
        guard var bytes = Self.bytes(of: address) else { return false }
        if bytes.count == 16, network.count == 4, bytes[..<12].elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]) {
            bytes = Array(bytes[12...])
        }
        guard bytes.count == network.count else { return false }
        for (index, (one, other)) in zip(bytes, network).enumerated() {
            let bits = min(8, max(0, prefixLength - index * 8))
            if (one ^ other) & ~UInt8(truncatingIfNeeded: 0xff >> bits) != 0 { return false }
        }
        return true
    }

    /// Four or sixteen bytes, or nil where the text is no address.
    static func bytes(of text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var buffer = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &buffer) == 1 { return buffer }
        }
        return nil
    }
}
