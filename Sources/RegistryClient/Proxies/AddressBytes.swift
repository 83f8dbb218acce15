#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A literal address in network order: four bytes or sixteen.
struct AddressBytes: Hashable, Sendable {
    let bytes: [UInt8]

    /// `10.0.0.1`, `fd00::1`, `[fd00::1]`; nil for a name. An IPv4 address written as IPv6 is the IPv4 address.
    init?(parsing text: some StringProtocol) {
        var text = String(text)
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        guard text.utf8.count <= Self.longest, !text.utf8.contains(0), let bytes = Self.read(text) else { return nil }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        self.bytes = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    }

    /// Six groups of hexadecimal digits and an IPv4 address at the end.
    private static let longest = 45

    private static func read(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
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
