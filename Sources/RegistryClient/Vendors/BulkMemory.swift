import OCI
import Synchronization

/// What listings taught, for a while. Time is an argument.
struct BulkMemory: Sendable {
    private static let most = 10_000

    private struct Refusal {
        let until: Duration
    }

    private var refusals: [Repository: Refusal] = [:]
    private var requests: [Repository: Int] = [:]
    private var users: Set<String> = []

    /// Whether the vendor did not list this repository a while ago, so that asking again would be in vain.
    func isRefused(_ repository: Repository, at now: Duration) -> Bool {
        refusals[repository].map { now < $0.until } ?? false
    }

    /// For how long it still will not be asked.
    func refusal(of repository: Repository, at now: Duration) -> Duration? {
        refusals[repository].flatMap { now < $0.until ? $0.until - now : nil }
    }

    /// How many requests the last whole listing took, or one that was left before its end, if that were more.
    func requests(of repository: Repository) -> Int? { requests[repository] }

    /// At least so many requests it takes.
    mutating func began(_ repository: Repository, requests count: Int) {
        guard count > requests[repository] ?? 0 else { return }
        if requests.count >= Self.most { requests.removeAll() }
        requests[repository] = count
    }

    mutating func completed(_ repository: Repository, requests count: Int) {
        began(repository, requests: count)
        requests[repository] = count
        refusals[repository] = nil
    }

    /// A listing without a single digest is as good as none.
    mutating func saidNothing(_ repository: Repository, at now: Duration) {
        refuse(repository, until: now + .seconds(21_600), at: now)
    }

    mutating func failed(_ repository: Repository, _ code: CheckFailure.Code, at now: Duration) {
        guard let length = Self.patience(after: code) else { return }
        refuse(repository, until: now + length, at: now)
    }

    /// GitHub asks for an owner's packages under another path where the owner is a person.
    func isUser(_ owner: String) -> Bool { users.contains(owner) }

    mutating func noteUser(_ owner: String) {
        if users.count >= Self.most { users.removeAll() }
        users.insert(owner)
    }

    private mutating func refuse(_ repository: Repository, until: Duration, at now: Duration) {
        if refusals.count >= Self.most { refusals = refusals.filter { now < $0.value.until } }
        if refusals.count >= Self.most { refusals.removeAll() }
        refusals[repository] = Refusal(until: until)
    }

    private static func patience(after code: CheckFailure.Code) -> Duration? {
        switch code {
        // Private, gone, or too large: that seldom changes.
        case .unauthorized, .notFound, .tooLarge: .seconds(21_600)
        case .badAnswer, .redirect, .forbiddenAddress, .configuration, .tls: .seconds(3_600)
        // The API's host may be out of reach where the registry's is not.
        case .unreachable, .timeout, .serverError: .seconds(300)
        // The host's own pause says how long.
        case .rateLimited, .hostPaused, .cancelled: nil
        }
    }
}

extension DigestService {
    func remember(_ change: (inout BulkMemory, Duration) -> Void) {
        let now = time.now()
        bulkMemory.withLock { change(&$0, now) }
    }
}
