import HTTPTypes
import Hummingbird
import OCI
import Store
import Synchronization

/// Answers of the last moment, for everybody who asks the same: what many look at is made once.
///
/// Nobody sees what is no longer so: an answer is forgotten as soon as another process tells of anything new, or a request
/// changed something here. What no process tells of, as checks that found nothing new and a minute's end, is seen after
/// the moment. While nobody can be heard, nothing is kept.
final class RecentAnswers: Sendable {
    struct Key: Hashable, Sendable {
        private let target: String
        private let origin: String
        private let takesGzip: Bool

        /// Nil where the answer is one client's own, or costs him something.
        init?(_ request: Request, origin: @autoclosure () -> String) {
            guard request.method == .get || request.method == .head, request.headers[.authorization] == nil,
                Self.isShared(request.uri.path), (try? Query(request.uri.query))?.has("offered") == false
            else { return nil }
            target = request.uri.description
            self.origin = origin()
            takesGzip = ContentCoding.takesGzip(request.headers)
        }

        private static func isShared(_ path: String) -> Bool {
            path == "/" || path == "/compare" || path == "/api/v1/tags" || path == "/api/v1/changes"
                || path == "/api/v1/compare"
                || [
                    "/tags/", "/api/v1/tags/", "/api/v1/histogram/", "/api/v1/changes/", "/badges/", "/charts/",
                    "/feeds/",
                ].contains { path.hasPrefix($0) }
        }
    }

    /// What had been told by the time an answer was begun.
    struct State: Hashable, Sendable {
        fileprivate let heard: Int
        fileprivate let written: Int
    }

    private struct Answer: Sendable {
        let response: Response
        let state: State
        let until: ContinuousClock.Instant
    }

    private let store: TagStore
    private let moment: Duration
    private let written = Mutex(0)
    private let answers = RecentCache<Key, Answer>(capacity: 50)

    /// Larger ones are rare, and many of them would take much memory.
    private static let largest = 131_072

    /// - Parameter moment: zero keeps nothing.
    init(store: TagStore, moment: Duration) {
        self.store = store
        self.moment = moment
    }

    /// To be taken before an answer is begun; nil where it shall not be kept.
    func state() -> State? {
        guard moment > .zero, let heard = store.heardSignals else { return nil }
        return State(heard: heard, written: written.withLock { $0 })
    }

    func answer(to key: Key, at state: State) -> Response? {
        guard let answer = answers[key], answer.state == state, answer.until > .now else { return nil }
        return answer.response
    }

    /// - Parameter state: before it was begun.
    func keep(_ response: Response, for key: Key, of state: State) {
        guard response.status == .ok, response.headers[.eTag] != nil,
            let length = response.body.contentLength, length <= Self.largest
        else { return }
        answers[key] = Answer(response: response, state: state, until: .now + moment)
    }

    /// A request changed something.
    func forget() { written.withLock { $0 += 1 } }
}
