import NIOCore

/// A literal address in network order: four bytes or sixteen.
struct AddressBytes: Hashable, Sendable {
    let bytes: [UInt8]

    /// `10.0.0.1`, `fd00::1`, `[fd00::1]`; nil for a name. An IPv4 address written as IPv6 is the IPv4 address.
    init?(parsing text: some StringProtocol) {
        var text = String(text)
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
        let bytes = address.withSockAddr { socket, size -> [UInt8] in
            let raw = UnsafeRawBufferPointer(start: socket, count: size)
            switch address.protocol {
            case .inet where size >= 8: return Array(raw[4..<8])
            case .inet6 where size >= 24: return Array(raw[8..<24])
            default: return []
            }
        }
        guard !bytes.isEmpty else { return nil }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        self.bytes = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    }

    func contains(_ other: AddressBytes, bits: Int) -> Bool {
        guard bytes.count == other.bytes.count else { return false }
        let (whole, rest) = (bits / 8, bits % 8)
        guard bytes.prefix(whole) == other.bytes.prefix(whole) else { return false }
        guard rest > 0 else { return true }
        let mask = ~UInt8(0) << (8 - UInt8(rest))
        return bytes[whole] & mask == other.bytes[whole] & mask
    }

    /// Loopback, link-local, and the metadata servers of AWS by IPv6.
    var isOfThisLink: Bool {
        switch bytes.count {
        case 4: bytes[0] == 127 || (bytes[0] == 169 && bytes[1] == 254)
        default:
            bytes == [UInt8](repeating: 0, count: 15) + [1] || (bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80)
                || bytes.starts(with: [0xfd, 0x00, 0x0e, 0xc2])
        }
    }
}
