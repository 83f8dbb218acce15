import HTTPTypes
import Synchronization

/// How many requests were answered how, and how long it took. As many numbers as there are routes and statuses, however
/// many requests and addresses.
final class RequestCounter: Sendable {
    struct Key: Hashable {
        let method: String
        /// A router's path, as `/tags/**`; not what somebody asked for.
        let route: String
        let status: Int
    }

    struct Times: Hashable {
        /// Of the requests that took no longer than each limit, and longer than the one before.
        var counts = Array(repeating: 0, count: RequestCounter.limits.count + 1)
        var seconds = 0.0
    }

    struct Counts {
        var requests: [Key: Int] = [:]
        /// By route.
        var times: [String: Times] = [:]
    }

    /// In seconds.
    static let limits = [0.005, 0.025, 0.1, 0.25, 1, 10]

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    /// - Parameter route: nil where none fits the request.
    func note(_ method: HTTPRequest.Method, route: String?, status: Int, seconds: Double) {
        let isUsual = [.get, .head, .post, .delete, .options].contains(method)
        let key = Key(method: isUsual ? method.rawValue : "other", route: route ?? "none", status: status)
        let index = Self.limits.firstIndex { seconds <= $0 } ?? Self.limits.count
        state.withLock { counts in
            counts.requests[key, default: 0] += 1
            counts.times[key.route, default: Times()].counts[index] += 1
            counts.times[key.route, default: Times()].seconds += seconds
        }
    }
}
