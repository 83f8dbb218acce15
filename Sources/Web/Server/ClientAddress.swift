import Foundation
import HTTPTypes
import NIOCore

/// Who a request comes from, and where it went. Headers are believed only from proxies that the operator named.
struct ClientAddress: Sendable {
    private let trusted: [AddressRange]

    /// - Throws: ``WebError/badProxy(_:)``.
    init(trustedProxies: [String]) throws(WebError) {
        var ranges: [AddressRange] = []
        for text in trustedProxies {
            guard let range = AddressRange(text) else { throw .badProxy(text) }
            ranges.append(range)
        }
        trusted = ranges
    }

    /// An IPv4 address, an IPv6 network of 64 bits (which is what one household has), or `unknown`.
    func client(of peer: SocketAddress?, headers: HTTPFields) -> String {
        guard let address = peer?.addressBytes else { return "unknown" }
        var client = address
        // From the nearest proxy outwards, as long as each is trusted.
        for hop in Self.forwardedFor(headers).reversed() {
            guard trusted.contains(where: { $0.contains(client) }) else { break }
            guard let next = AddressRange.bytes(of: hop) else { break }
            client = next
        }
        return client.prefix(client.count == 4 ? 4 : 8).map { String($0, radix: 16) }.joined(separator: ".")
    }

    /// The scheme and the host that the nearest proxy was asked by; nil for what it does not say.
    func target(of peer: SocketAddress?, headers: HTTPFields) -> (scheme: String?, host: String?) {
        guard let address = peer?.addressBytes, trusted.contains(where: { $0.contains(address) }) else {
            return (nil, nil)
        }
        func last(_ name: String) -> String? {
            headers.values(named: name).last?.split(separator: ",").last.map { $0.filter { $0 != " " } }
        }
        guard let standard = headers.values(named: "Forwarded").last?.split(separator: ",").last else {
            return (last("X-Forwarded-Proto")?.lowercased(), last("X-Forwarded-Host"))
        }
        return (Self.parameter("proto", of: standard)?.lowercased(), Self.parameter("host", of: standard))
    }

    private static func parameter(_ name: String, of element: Substring) -> String? {
        element.split(separator: ";").lazy.map { $0.filter { $0 != " " && $0 != "\"" } }
            .first { $0.lowercased().hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// https://www.rfc-editor.org/rfc/rfc7239#section-4, and its older relative.
    private static func forwardedFor(_ headers: HTTPFields) -> [String] {
        let standard = headers.values(named: "Forwarded").flatMap { $0.split(separator: ",") }.compactMap {
            parameter("for", of: $0)
        }
        guard standard.isEmpty else { return standard }
        return headers.values(named: "X-Forwarded-For").flatMap { $0.split(separator: ",") }.map {
            $0.filter { $0 != " " }
        }
    }
}

extension HTTPFields {
    /// Every value of a field that HTTPTypes has no constant for.
    func values(named name: String) -> [String] {
        HTTPField.Name(name).map { self[values: $0] } ?? []
    }
}

/// An address or a range in CIDR notation.
struct AddressRange: Hashable, Sendable {
    private let network: [UInt8]
    private let bits: Int

    init?(_ text: String) {
        let sides = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = sides.first, sides.count <= 2, let bytes = Self.bytes(of: String(first)) else { return nil }
        network = bytes
        if sides.count == 2 {
            guard let bits = Int(sides[1]), (0...bytes.count * 8).contains(bits) else { return nil }
            self.bits = bits
        } else {
            bits = bytes.count * 8
        }
    }

    func contains(_ address: [UInt8]) -> Bool {
        guard address.count == network.count else { return false }
        return network.indices.allSatisfy { index in
            let kept = min(8, max(0, bits - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xff00 >> kept)
            return address[index] & mask == network[index] & mask
        }
    }

    /// `192.0.2.1`, `2001:db8::1`, with brackets and a port or without.
    static func bytes(of text: String) -> [UInt8]? {
        var host = text
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            host = String(host[host.index(after: host.startIndex)..<end])
        } else if host.count(where: { $0 == ":" }) == 1, let colon = host.firstIndex(of: ":") {
            host = String(host[..<colon])
        }
        return (try? SocketAddress(ipAddress: host, port: 0))?.addressBytes
    }
}

extension SocketAddress {
    /// 4 or 16 bytes; an IPv4 address in IPv6's clothes has 4.
    fileprivate var addressBytes: [UInt8]? {
        switch self {
        case .v4(let address):
            return withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address):
            let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
            return isMapped ? Array(bytes[12...]) : bytes
        case .unixDomainSocket: return nil
        }
    }
}
