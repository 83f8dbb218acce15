import NIOCore
import NIOPosix

/// TCP ports of the loopback address that nobody listened on a moment ago.
public enum FreePort {
    public static func find() async throws -> Int {
        let channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close().get()
        return port
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
