import OCI
import Synchronization

/// The login that is set for one registry, and how the registry took it.
final class RegistryLogin: Sendable {
    struct Current: Sendable {
        /// Nil where none is set, or none may be shown now.
        let credentials: Credentials?
        /// Why none may be shown although one is set: worth telling where the registry gives nothing without.
        let problem: CheckFailure?
    }

    private let registry: Registry
    private let settings: Credentials?
    private let store: CredentialStore
    private let time: TimeSource
    private let memory = Mutex(LoginMemory())
    private let turns = InFlight<Bool, Bool>()

    init(registry: Registry, settings: Credentials?, store: CredentialStore, time: TimeSource) {
        self.registry = registry
        self.settings = settings
        self.store = store
        self.time = time
    }

    func current() async throws(CheckFailure) -> Current {
        let found: Credentials?
        do {
            found = if let settings { settings } else { try await store.credentials(for: registry) }
        } catch let failure as CheckFailure {
            if failure.code == .cancelled { throw failure }
            return Current(credentials: nil, problem: failure)
        } catch {
            // The error may come from a program's output: not shown.
            let failure = CheckFailure(.configuration, "the credentials for \(registry) could not be read")
            return Current(credentials: nil, problem: failure)
        }
        guard let found else { return Current(credentials: nil, problem: nil) }
        guard case .refused(let pause) = standing(of: found) else { return Current(credentials: found, problem: nil) }
        return Current(
            credentials: nil,
            problem: CheckFailure(
                .unauthorized,
                "\(registry) refused the credentials that are set for it; they are not tried again for \(pause.text)"))
    }

    func standing(of credentials: Credentials) -> LoginMemory.Standing {
        let now = time.now()
        return memory.withLock { $0.standing(of: credentials, at: now) }
    }

    func accepted(_ credentials: Credentials) {
        memory.withLock { $0.accepted(credentials) }
    }

    func refused(_ credentials: Credentials, isCertain: Bool) {
        let now = time.now()
        memory.withLock { $0.refused(credentials, isCertain: isCertain, at: now) }
    }

    /// Shows the credentials; as long as nobody knows whether they are good, one try at a time.
    ///
    /// - Returns: nil where they turned out to be refused meanwhile, and nothing was shown.
    func inTurn<Value: Sendable>(
        _ credentials: Credentials, _ show: () async -> Result<Value, CheckFailure>
    ) async -> Result<Value, CheckFailure>? {
        while true {
            switch standing(of: credentials) {
            case .refused: return nil
            case .accepted: return await show()
            case .unproven: break
            }
            var mine: Result<Value, CheckFailure>?
            let isOver = await turns.value(for: true) { () async -> Bool? in
                mine = await show()
                return Task.isCancelled ? nil : true
            }
            if let mine { return mine }
            if isOver == nil { return .failure(CheckFailure(.cancelled, "the check was cancelled")) }
        }
    }
}
