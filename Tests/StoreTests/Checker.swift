import OCI
import Store
import TagHistory
import Testing

/// A worker in small: claims, and records what it is told that the registry answered.
struct Checker: Sendable {
    enum Answer: Sendable {
        case digest(String)
        case missing
        case failed(String)
    }

    static let interval = 3_600.0
    static let policy = CheckPolicy.fixed(interval: interval)
    let store: TagStore
    let worker: WorkerSession

    init(_ store: TagStore, name: String = "worker") async throws {
        self.store = store
        worker = try await store.beginWorker(name: name, at: hour(0))
    }

    /// Everything that is due.
    func claims(at time: Timestamp, limit: Int = 10_000, lease: Double = 300) async throws -> [Claim] {
        var claims: [Claim] = []
        for lane in try await store.lanes(at: time) {
            claims += try await store.claimDue(
                registryID: lane.registryID, worker: worker, limit: limit, lease: lease,
                window: ClaimWindow(Self.policy, lane: nil, at: time))
        }
        return claims
    }

    func result(
        _ claim: Claim, _ answer: Answer, at time: Timestamp, startedAt: Timestamp? = nil, mediaType: MediaType? = nil,
        pushedAt: Timestamp? = nil
    ) throws -> CheckResult {
        let outcome: CheckResult.Answer =
            switch answer {
            case .digest(let name): .found(try digest(name), mediaType: mediaType, pushedAt: pushedAt)
            case .missing: .missing
            case .failed(let reason): .failed(reason: reason)
            }
        return CheckResult(
            claim: claim, answer: outcome, startedAt: startedAt ?? time, checkedAt: time)
    }

    func record(
        _ claims: [Claim], _ answer: Answer, at time: Timestamp, startedAt: Timestamp? = nil,
        mediaType: MediaType? = nil
    ) async throws -> [CheckOutcome: Int] {
        try await store.record(
            claims.map { try result($0, answer, at: time, startedAt: startedAt, mediaType: mediaType) }, worker: worker,
            policy: Self.policy)
    }

    /// Checks everything that is due at that time; the answers stand for all of it.
    @discardableResult
    func check(_ answer: Answer, at hours: Double, mediaType: MediaType? = nil) async throws -> [CheckOutcome: Int] {
        try await record(try await claims(at: hour(hours)), answer, at: hour(hours), mediaType: mediaType)
    }

    /// The checks of one tag hour by hour: "A A B - ! A" where `-` is a 404 and `!` a failure.
    func live(_ text: String, from first: Double = 0) async throws {
        for (index, word) in text.split(separator: " ").enumerated() {
            let answer: Answer = word == "-" ? .missing : word == "!" ? .failed("time-out") : .digest(String(word))
            try await check(answer, at: first + Double(index))
        }
    }

    /// Claims of 10 h that are lost, because another checked the same tag at 11 h.
    func lose(after before: String, to answer: Answer) async throws -> (lost: [Claim], other: Checker) {
        try await live(before)
        let lost = try await claims(at: hour(10), lease: 60)
        let other = try await Checker(store)
        try await store.freeLostClaims(at: hour(11))
        _ = try await other.record(try await other.claims(at: hour(11)), answer, at: hour(11))
        return (lost, other)
    }
}
