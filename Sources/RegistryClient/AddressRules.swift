/// Which addresses anybody may make the worker ask: those of the public internet, and nothing else.
/// https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
enum AddressRules {
    static func isPublic(_ address: AddressBytes) -> Bool {
        address.bytes.count == 4 ? isPublic(v4: address.bytes) : isPublic(v6: address.bytes)
    }

    /// - Parameter bytes: four, in network order.
    static func isPublic(v4 bytes: [UInt8]) -> Bool {
        guard bytes.count == 4 else { return false }
        switch (bytes[0], bytes[1], bytes[2], bytes[3]) {
        case (0, _, _, _), (10, _, _, _), (127, _, _, _), (169, 254, _, _), (192, 168, _, _): return false
        case (100, 64...127, _, _), (172, 16...31, _, _), (198, 18...19, _, _): return false
        // IETF assignments, documentation, the former 6to4 relays.
        case (192, 0, 0, _), (192, 0, 2, _), (198, 51, 100, _), (203, 0, 113, _), (192, 88, 99, _): return false
        // Azure's platform address: public by number, the host's own by meaning.
        case (168, 63, 129, 16): return false
        // Multicast, reserved, broadcast.
        case (224..., _, _, _): return false
        default: return true
        }
    }

    /// - Parameter bytes: sixteen, in network order.
    static func isPublic(v6 bytes: [UInt8]) -> Bool {
        guard bytes.count == 16 else { return false }
        let head = bytes.prefix(12)
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        let nat64: [UInt8] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]
        if head.elementsEqual(mapped) || head.elementsEqual(nat64) { return isPublic(v4: Array(bytes[12...])) }
        // Global unicast is 2000::/3; unique local, link-local, multicast, ::1 and ::a.b.c.d all lie outside it.
        guard bytes[0] & 0xe0 == 0x20 else { return false }
        switch (bytes[0], bytes[1], bytes[2], bytes[3]) {
        // 6to4 carries an IPv4 address.
        case (0x20, 0x02, _, _): return isPublic(v4: Array(bytes[2..<6]))
        // 2001::/23: Teredo, benchmarking, ORCHID and other protocols' own; documentation.
        case (0x20, 0x01, 0...1, _), (0x20, 0x01, 0x0d, 0xb8), (0x3f, 0xff, 0...0x0f, _): return false
        default: return true
        }
    }
}
