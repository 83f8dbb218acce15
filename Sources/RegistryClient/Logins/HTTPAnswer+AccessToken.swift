import NIOCore

extension HTTPAnswer {
    /// The token in an answer of 200; what else it may be, said without the answer's own words.
    func accessToken(from place: String, field: String = "access_token") throws(CheckFailure) -> AccessToken {
        switch status {
        case 200, 201:
            guard let token = AccessToken(parsing: body.readableBytesView, field: field) else {
                throw CheckFailure(.badAnswer, "\(place) answered without a token")
            }
            return token
        case 429: throw CheckFailure(.rateLimited, "\(place) answered 429", retryAfter: retryAfter)
        case 500...: throw CheckFailure(.serverError, "\(place) answered \(status)")
        default: throw CheckFailure(.unauthorized, "\(place) answered \(status) to the login that is set")
        }
    }
}
