import HTTPTypes
import Hummingbird
import NIOCore

extension ResponseBody {
    /// Its bytes; nil where it is written piece by piece.
    func content() async throws -> ByteBuffer? {
        guard contentLength != nil else { return nil }
        let content = Content()
        try await write(content)
        return content.buffer
    }

    private final class Content: ResponseBodyWriter {
        private(set) var buffer = ByteBuffer()

        func write(_ part: ByteBuffer) async throws {
            if buffer.readableBytes == 0 { buffer = part } else { buffer.writeImmutableBuffer(part) }
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    fileprivate final class Length: ResponseBodyWriter {
        private(set) var count = 0

        func write(_ part: ByteBuffer) async throws { count += part.readableBytes }
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

extension Response {
    /// As HEAD is answered. A body that is written piece by piece is written to nobody, to count its bytes: HTTP/1 has no
    /// way to say nothing of its length that the framework would take, and 0 would be wrong.
    func head() async throws -> Response {
        var response = self
        if body.contentLength == nil {
            let length = ResponseBody.Length()
            try await body.write(length)
            response.headers[.contentLength] = String(length.count)
        }
        return response.createHeadResponse()
    }

    /// The same answer with an ETag of its bytes, where it has none yet and may be kept; 304 where the client has it.
    func named(for request: Request) async throws -> Response {
        guard request.method == .get || request.method == .head, status == .ok, headers[.eTag] == nil,
            headers[.cacheControl] != "no-store", let content = try await body.content()
        else { return self }
        let revision = Revision(of: content)
        var response = self
        if revision.isKnown(to: request) {
            response = Response(status: .notModified)
            response.headers[.cacheControl] = headers[.cacheControl]
        }
        response.headers[.eTag] = "W/" + revision.tag
        return response
    }
    /// The same answer; 304 where the client says that it has it.
    func ifNew(to request: Request) -> Response {
        guard let revision = Revision(named: self), revision.isKnown(to: request) else { return self }
        // https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5
        let names: [HTTPField.Name] = [
            .eTag, .cacheControl, .vary, .accessControlAllowOrigin, .accessControlExposeHeaders,
        ]
        return Response(status: .notModified, headers: headers.filter { names.contains($0.name) })
    }
}
