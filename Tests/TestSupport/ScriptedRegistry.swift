import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A registry that answers what a test tells it to, and remembers what it was asked.
public final class ScriptedRegistry: Sendable {
    public struct Request: Sendable {
        public let method: String
        /// Path and query.
        public let target: String
        public let headers: [(name: String, value: String)]
        public let body: [UInt8]

        /// The first header of this name, in any case.
        public func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        /// `GET /v2/…`, without the query.
        public var line: String { method + " " + target.prefix { $0 != "?" } }
    }

    public enum Body: Sendable {
        case text(String)
        /// The chunk again and again, with a pause before each; nil: for ever.
        case chunks(String, every: Duration, count: Int?)
    }

    public struct Answer: Sendable {
        public var status: Int
        public var headers: [(String, String)]
        public var body: Body
        /// Before the first byte of the answer.
        public var delay: Duration

        public init(
            _ status: Int, _ headers: [(String, String)] = [], _ body: Body = .text(""), delay: Duration = .zero
        ) {
            (self.status, self.headers, self.body, self.delay) = (status, headers, body, delay)
        }
    }

    public let port: Int
    /// The registry as references write it: `127.0.0.1:PORT`.
    public var name: String { "127.0.0.1:\(port)" }

    private let channel: any Channel
    private let recorder: Recorder

    public init(_ answer: @escaping @Sendable (Request) -> Answer) async throws {
        let recorder = Recorder()
        self.recorder = recorder
        channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptHandler { request in
                            recorder.add(request)
                            return answer(request)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    /// Answers by request line (`HEAD /v2/a/manifests/1`): each time the next of the list, the last for ever; 404 for
    /// what is not in the table.
    public convenience init(_ table: [String: [Answer]]) async throws {
        let uses = Counter()
        try await self.init { request in
            guard let answers = table[request.line], !answers.isEmpty else { return Answer(404) }
            return answers[min(uses.next(request.line), answers.count - 1)]
        }
    }

    /// Everything asked so far, in the order of arrival.
    public var requests: [Request] { recorder.all }

    public func close() async throws {
        try await channel.close().get()
    }

    deinit {
        channel.close(promise: nil)
    }
}

private final class Recorder: Sendable {
    private let requests = Mutex<[ScriptedRegistry.Request]>([])

    var all: [ScriptedRegistry.Request] { requests.withLock { $0 } }

    func add(_ request: ScriptedRegistry.Request) {
        requests.withLock { $0.append(request) }
    }
}

private final class Counter: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func next(_ key: String) -> Int {
        counts.withLock { counts in
            defer { counts[key, default: 0] += 1 }
            return counts[key, default: 0]
        }
    }
}

private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: (ScriptedRegistry.Request) -> ScriptedRegistry.Answer
    private var head: HTTPRequestHead?
    private var body = [UInt8]()

    init(answer: @escaping (ScriptedRegistry.Request) -> ScriptedRegistry.Answer) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let part): body += part.readableBytesView
        case .end:
            guard let head else { return }
            let request = ScriptedRegistry.Request(
                method: head.method.rawValue, target: head.uri, headers: head.headers.map { ($0.name, $0.value) },
                body: body)
            respond(answer(request), isHead: head.method == .HEAD, context: context)
        }
    }

    private func respond(_ answer: ScriptedRegistry.Answer, isHead: Bool, context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: TimeAmount(answer.delay)) {
            let (handler, context) = bound.value
            handler.write(answer, isHead: isHead, context: context)
        }
    }

    private func write(_ answer: ScriptedRegistry.Answer, isHead: Bool, context: ChannelHandlerContext) {
        var headers = HTTPHeaders(answer.headers)
        // Without a length the encoder would chunk, and send a last chunk even after HEAD.
        if !headers.contains(name: "Content-Length") {
            if case .text(let text) = answer.body { headers.add(name: "Content-Length", value: "\(text.utf8.count)") }
        }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        switch answer.body {
        case _ where isHead: context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .text(let text):
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .chunks(let chunk, let pause, let count):
            drip(ByteBuffer(string: chunk), pause, count, context)
        }
    }

    private func drip(_ chunk: ByteBuffer, _ pause: Duration, _ count: Int?, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        guard count != 0 else { return context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // Never at once: an endless answer must leave the loop to others.
        context.eventLoop.scheduleTask(in: max(TimeAmount(pause), .milliseconds(1))) {
            let (handler, context) = bound.value
            // Only as fast as the other side reads, lest an endless answer fill this process's memory.
            if context.channel.isWritable {
                context.writeAndFlush(handler.wrapOutboundOut(.body(.byteBuffer(chunk))), promise: nil)
            }
            handler.drip(chunk, pause, count.map { $0 - 1 }, context)
        }
    }
}
