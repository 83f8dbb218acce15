import NIOCore
import NIOPosix
import Synchronization

/// A TCP server that keeps what it receives and says the same bytes to everybody: for what is no HTTP.
public final class RawServer: Sendable {
    public let port: Int
    private let channel: any Channel
    private let log: ByteLog

    /// - Parameter answer: sent after the first bytes have come, then the connection is closed; nil: nothing is ever said.
    public init(answering answer: String?) async throws {
        let log = ByteLog()
        self.log = log
        channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .childChannelInitializer { channel in
                log.opened()
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RawHandler(log: log, answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    public var received: [UInt8] { log.state.withLock { $0.bytes } }
    public var connections: Int { log.state.withLock { $0.connections } }

    deinit {
        channel.close(promise: nil)
    }
}

private final class ByteLog: Sendable {
    let state = Mutex<(bytes: [UInt8], connections: Int)>(([], 0))

    func opened() { state.withLock { $0.connections += 1 } }
}

private final class RawHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: ByteLog
    private let answer: String?

    init(log: ByteLog, answer: String?) {
        self.log = log
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        log.state.withLock { $0.bytes += bytes }
        guard let answer else { return }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }
}
