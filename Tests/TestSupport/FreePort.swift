import NIOCore
import NIOPosix
import Synchronization

/// TCP ports of the loopback address that nobody listened on a moment ago.
///
/// They are below those that systems give to who asks for any port, so that no server of another test takes one between
/// its being found and its being used, or is taken for the one that stood there.
public enum FreePort {
    private static let first = 10_000
    private static let last = 29_999
    private static let next = Atomic(Int.random(in: first...last))

    public static func find() async throws -> Int {
        for _ in first...last {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            let port = first + (number - first) % (last - first + 1)
            let channel = try? await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
                .bind(host: "127.0.0.1", port: port).get()
            guard let channel else { continue }
            try await channel.close().get()
            return port
        }
        throw ServerProcess.Failure("no port of the loopback address is free")
    }

    static func isOpen(_ port: Int) async -> Bool {
        guard
            let channel = try? await ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
                .connectTimeout(.seconds(1)).connect(host: "127.0.0.1", port: port).get()
        else { return false }
        try? await channel.close().get()
        return true
    }
}
