import Hummingbird
import NIOCore

enum RequestBodyText {
    static let limit = 64 * 1024

    /// - Throws: 413 for a larger body, before the rest of it is read; 400 where it is no UTF-8.
    static func read(_ request: Request) async throws -> String {
        let tooLarge = Problem(.contentTooLarge, "The body is larger than \(limit / 1024) KiB.")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
        guard let text = String(validating: buffer.readableBytesView, as: UTF8.self) else {
            throw Problem.badRequest("The body is not UTF-8.")
        }
        return text
    }
}
