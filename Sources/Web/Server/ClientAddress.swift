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

    /// Where a request comes from, by the proxies that are trusted, and where it went, as the farthest of them was asked.
    struct Origin: Hashable {
        /// An IPv4 address, an IPv6 network of 64 bits (which is what one household has), or `unknown`.
        var client = "unknown"
        /// Nil where no trusted proxy says.
        var scheme: String?
        var host: String?
    }

    /// What one proxy says of the request that it got.
    private struct Hop {
        var client: String?
        var scheme: String?
        var host: String?
    }

    func client(of peer: SocketAddress?, headers: HTTPFields) -> String { origin(of: peer, headers: headers).client }

    func origin(of peer: SocketAddress?, headers: HTTPFields) -> Origin {
        guard var address = peer?.addressBytes else { return Origin() }
        var origin = Origin()
        // From the nearest proxy outwards, as long as each is trusted.
        for hop in Self.hops(headers).reversed() {
            guard trusted.contains(where: { $0.contains(address) }) else { break }
            origin.scheme = hop.scheme ?? origin.scheme
            origin.host = hop.host ?? origin.host
            guard let next = hop.client.flatMap(AddressRange.bytes) else { break }
            address = next
        }
        origin.client = address.prefix(address.count == 4 ? 4 : 8).map { String($0, radix: 16) }.joined(separator: ".")
        return origin
    }

    /// https://www.rfc-editor.org/rfc/rfc7239#section-4, and its older relatives. A proxy writes the one or the other, and
    /// passes on what it does not write; so where both are there and the nearest hop differs, nobody knows which of them is
    /// the client's own, and neither is believed.
    private static func hops(_ headers: HTTPFields) -> [Hop] {
        func list(_ name: String) -> [String] {
            headers.values(named: name).flatMap { $0.split(separator: ",") }.map {
                $0.filter { $0 != " " && $0 != "\"" }
            }
        }
        let (clients, schemes, hosts) = (list("X-Forwarded-For"), list("X-Forwarded-Proto"), list("X-Forwarded-Host"))
        let count = max(clients.count, schemes.count, hosts.count)
        let older = (0..<count).map { index in
            // Counted from the nearest.
            func value(_ values: [String]) -> String? {
                let place = values.count - count + index
                return values.indices.contains(place) ? values[place] : nil
            }
            return Hop(client: value(clients), scheme: value(schemes)?.lowercased(), host: value(hosts))
        }
        let standard = list("Forwarded").map { element in
            var hop = Hop()
            for pair in element.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { continue }
                switch parts[0].lowercased() {
                case "for": hop.client = parts[1]
                case "proto": hop.scheme = parts[1].lowercased()
                case "host": hop.host = parts[1]
                default: break
                }
            }
            return hop
        }
        guard let near = standard.last else { return older }
        guard let other = older.last else { return standard }
        let isSame =
            other.client.map { $0 == near.client } ?? true && other.scheme.map { $0 == near.scheme } ?? true
            && other.host.map { $0 == near.host } ?? true
        return isSame ? standard : []
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
