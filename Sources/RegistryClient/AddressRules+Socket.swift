import NIOCore

extension AddressRules {
    static func isPublic(_ address: SocketAddress?) -> Bool {
        guard let address else { return false }
        // Where the address lies in sockaddr_in and sockaddr_in6, on every system.
        return address.withSockAddr { socket, size in
            let bytes = UnsafeRawBufferPointer(start: socket, count: size)
            switch address.protocol {
            case .inet where size >= 8: return isPublic(v4: Array(bytes[4..<8]))
            case .inet6 where size >= 24: return isPublic(v6: Array(bytes[8..<24]))
            default: return false
            }
        }
    }
}
