import Foundation
import HTTPTypes
import Hummingbird

/// What a request cannot be answered with, as RFC 9457 has it: it says what was wrong and what would be right.
struct Problem: Error, Hashable, Sendable {
    let status: HTTPResponse.Status
    /// A sentence or two. Safe to show to anyone.
    let detail: String
    /// Beside the content type: `Allow`, `Retry-After`, `WWW-Authenticate`.
    var headers: HTTPFields = [:]
    /// What was pasted, for the box of the page that says so: nobody types a file twice.
    var text: String?

    init(_ status: HTTPResponse.Status, _ detail: String, headers: HTTPFields = [:]) {
        self.status = status
        self.detail = detail
        self.headers = headers
    }

    /// The status in words. With `about:blank` as its type a problem means no more than its status.
    var title: String { status.reasonPhrase }

    private struct Body: Encodable {
        let type = "about:blank"
        let title: String
        let status: Int
        let detail: String
    }

    func response() -> Response {
        var response = JSONBody.response(
            Body(title: title, status: status.code, detail: detail), status: status,
            type: "application/problem+json")
        for field in headers { response.headers[field.name] = field.value }
        return response
    }
}

extension Problem {
    static func badRequest(_ detail: String) -> Problem { Problem(.badRequest, detail) }
    static func unacceptable(_ detail: String) -> Problem { Problem(.unprocessableContent, detail) }
    static func notFound(_ detail: String) -> Problem { Problem(.notFound, detail) }

    static func unauthorized(_ detail: String) -> Problem {
        Problem(.unauthorized, detail, headers: [.wwwAuthenticate: "Bearer"])
    }

    /// - Parameter seconds: when it may work.
    static func unavailable(_ detail: String, after seconds: Int) -> Problem {
        Problem(.serviceUnavailable, detail, headers: [.retryAfter: String(seconds)])
    }

    static func tooManyRequests(after seconds: Int) -> Problem {
        Problem(
            .tooManyRequests, "Too many requests that make work, from your address. Try again in \(seconds) s.",
            headers: [.retryAfter: String(seconds)])
    }
}
