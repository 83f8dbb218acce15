import NIOHTTP1

/// What the last host of a chain answered.
struct FollowedAnswer: Sendable {
    let answer: HTTPAnswer
    /// Where it came from.
    let url: RemoteURL
}

extension Transport {
    static let mostRedirects = 5

    /// Sends a request and follows its redirects: never from HTTPS to HTTP, never with Authorization to another origin,
    /// and each one past the same guards as a request of its own.
    func follow(_ question: HTTPQuestion) async throws(CheckFailure) -> FollowedAnswer {
        var question = question
        let first = question.url.origin
        for _ in 0...Self.mostRedirects {
            let answer = try await send(question, after: first)
            guard [301, 302, 303, 307, 308].contains(answer.status), question.method != .POST else {
                return FollowedAnswer(answer: answer, url: question.url)
            }
            let host = question.url.origin.name
            guard let location = answer.headers.first(name: "Location") else {
                throw CheckFailure(.redirect, "\(host) redirects to nowhere")
            }
            guard let next = question.url.resolving(location) else {
                throw CheckFailure(
                    .redirect, "\(host) redirects to something that is no address on the web, which is not followed")
            }
            let (from, to) = (question.url.origin, next.origin)
            guard from.scheme == .http || to.scheme == .https else {
                throw CheckFailure(.redirect, "\(host) redirects to plain HTTP, which is not followed")
            }
            if from != to {
                question.headers.remove(name: "Authorization")
                question.tls = nil
            }
            question.url = next
        }
        throw CheckFailure(.redirect, "\(question.url.origin.name) redirects more than \(Self.mostRedirects) times")
    }

    /// What goes wrong at a host that a redirect led to is told as such: its name says nothing to who asked another.
    private func send(_ question: HTTPQuestion, after first: Origin) async throws(CheckFailure) -> HTTPAnswer {
        do throws(CheckFailure) {
            return try await send(question)
        } catch {
            guard question.url.origin != first else { throw error }
            throw error.told("\(first.name) redirects to another host: ")
        }
    }
}
