import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

struct HTTPAnswer: Sendable {
    let status: UInt
    let headers: HTTPHeaders
    let body: ByteBuffer
}

/// The body grew, or was announced, beyond its limit.
struct BodyTooLargeError: Error {
    let limit: Int
}

/// Takes one answer in, up to a number of bytes.
final class BoundedAnswer: HTTPClientResponseDelegate {
    typealias Response = HTTPAnswer

    private struct State {
        var head: HTTPResponseHead?
        var body = ByteBuffer()
    }

    private let limit: Int
    private let isHead: Bool
    private let state = Mutex(State())

    /// - Parameter limit: bytes; an answer to HEAD has none whatever its Content-Length says.
    init(method: HTTPMethod, limit: Int) {
        isHead = method == .HEAD
        self.limit = limit
    }

    var hasHead: Bool { state.withLock { $0.head != nil } }

    func didReceiveHead(task: HTTPClient.Task<Response>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state.withLock { $0.head = head }
        if !isHead, let announced = head.headers.first(name: "Content-Length").flatMap({ Int($0) }), announced > limit {
            return task.eventLoop.makeFailedFuture(BodyTooLargeError(limit: limit))
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Response>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        var part = part
        let fits = state.withLock { state in
            guard state.body.readableBytes + part.readableBytes <= limit else { return false }
            state.body.writeBuffer(&part)
            return true
        }
        return fits
            ? task.eventLoop.makeSucceededVoidFuture()
            : task.eventLoop.makeFailedFuture(BodyTooLargeError(limit: limit))
    }

    func didFinishRequest(task: HTTPClient.Task<Response>) throws -> HTTPAnswer {
        try state.withLock { state in
            guard let head = state.head else { throw HTTPClientError.remoteConnectionClosed }
            return HTTPAnswer(status: head.status.code, headers: head.headers, body: state.body)
        }
    }
}
