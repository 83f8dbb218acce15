import NIOCore
import NIOPosix
import Synchronization

/// A proxy that tunnels whatever name it is asked for to one port of this machine, as a network's own names would lead
/// somewhere that this machine does not know.
public final class ConnectProxy: Sendable {
    public let port: Int
    private let channel: any Channel
    private let log: Log

    fileprivate final class Log: Sendable {
        let requests = Mutex<[String]>([])
    }

    /// - Parameters:
    ///   - target: a port of 127.0.0.1.
    ///   - authorization: demanded as Proxy-Authorization; who shows another gets 407.
    public init(to target: Int, authorization: String? = nil) async throws {
        let log = Log()
        self.log = log
        channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ConnectHandler(target: target, authorization: authorization, log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    /// The heads of all requests, each as one text.
    public var requests: [String] { log.requests.withLock { $0 } }

    /// Their first lines: `CONNECT registry.example:443 HTTP/1.1`.
    public var lines: [String] { requests.map { String($0.prefix { !$0.isNewline }) } }

    deinit {
        channel.close(promise: nil)
    }
}

private final class ConnectHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let target: Int
    private let authorization: String?
    private let log: ConnectProxy.Log
    private var head = ""
    private var early = [ByteBuffer]()
    private var isConnecting = false
    private var peer: (any Channel)?

    init(target: Int, authorization: String?, log: ConnectProxy.Log) {
        (self.target, self.authorization, self.log) = (target, authorization, log)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if let peer { return peer.writeAndFlush(buffer, promise: nil) }
        if isConnecting { return early.append(buffer) }
        head += String(buffer: buffer)
        guard head.hasSuffix("\r\n\r\n") else { return }
        let head = head
        log.requests.withLock { $0.append(head) }
        if let authorization, !head.lowercased().contains("proxy-authorization: \(authorization.lowercased())\r\n") {
            let answer = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
            return context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        }
        isConnecting = true
        let client = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(GlueHandler(peer: client))
                }
            }
            .connect(host: "127.0.0.1", port: target)
            .whenComplete { result in
                let handler = bound.value
                switch result {
                case .success(let peer):
                    handler.peer = peer
                    client.writeAndFlush(
                        ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"), promise: nil)
                    for buffer in handler.early { peer.writeAndFlush(buffer, promise: nil) }
                case .failure: client.close(promise: nil)
                }
            }
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer?.close(promise: nil)
    }
}

private final class GlueHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let peer: any Channel

    init(peer: any Channel) {
        self.peer = peer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        peer.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.close(promise: nil)
    }
}
