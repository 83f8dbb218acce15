public import OCI
import Synchronization

/// The credential helpers that Docker's `config.json` names: for one registry (`credHelpers`) or for all (`credsStore`).
///
/// An answer is kept for some minutes, a failure for one; one program runs at a time for each registry.
public final class HelperCredentials: CredentialSource {
    private struct Entry {
        let result: Result<Credentials?, CheckFailure>
        let until: Duration
    }

    static let lifetime: Duration = .seconds(300)
    static let failureLifetime: Duration = .seconds(60)
    private static let most = 4_096

    private let helpers: [Registry: String]
    private let store: String?
    private let helper: CredentialHelper
    private let time: TimeSource
    private let known = Mutex<[Registry: Entry]>([:])
    private let inFlight = InFlight<Registry, Result<Credentials?, CheckFailure>>()

    /// - Parameters:
    ///   - environment: what the helpers see, `PATH` among it; Tagbeat's own secrets are left out.
    ///   - timeout: for each run of a helper.
    /// - Returns: nil where the file names no helper.
    public convenience init?(
        _ config: DockerConfig, environment: [String: String], timeout: Duration = .seconds(10)
    ) {
        self.init(
            config, helper: CredentialHelper(environment: environment, timeout: timeout),
            time: TimeSource(ContinuousClock()))
    }

    init?(_ config: DockerConfig, helper: CredentialHelper, time: TimeSource) {
        store = config.credentialsStore.flatMap { $0.isEmpty ? nil : $0 }
        helpers = config.credentialHelpers
        guard store != nil || !helpers.isEmpty else { return nil }
        self.helper = helper
        self.time = time
    }

    public func credentials(for registry: Registry) async throws -> Credentials? {
        // As for Docker: an empty name for one registry means that no program keeps its login.
        guard let name = helpers[registry] ?? store, !name.isEmpty else { return nil }
        if let entry = known.withLock({ $0[registry] }), time.now() < entry.until { return try entry.result.get() }
        let result = await inFlight.value(for: registry) { () async -> Result<Credentials?, CheckFailure>? in
            let result = await ask(name, registry)
            if Task.isCancelled { return nil }
            keep(result, for: registry)
            return result
        }
        guard let result else { throw CheckFailure(.cancelled, "the check was cancelled") }
        return try result.get()
    }

    private func keep(_ result: Result<Credentials?, CheckFailure>, for registry: Registry) {
        let lifetime = if case .success = result { Self.lifetime } else { Self.failureLifetime }
        let until = time.now() + lifetime
        known.withLock { known in
            // Visitors can type any number of registries.
            if known.count >= Self.most { known.removeAll() }
            known[registry] = Entry(result: result, until: until)
        }
    }

    private func ask(_ name: String, _ registry: Registry) async -> Result<Credentials?, CheckFailure> {
        func failed(_ reason: String, _ code: CheckFailure.Code = .configuration) -> Result<Credentials?, CheckFailure>
        {
            .failure(CheckFailure(code, "the login for \(registry) could not be read: \(reason)"))
        }
        guard CredentialHelperAnswer.isName(name) else {
            return failed("Docker's config.json names a credential helper that is no plain program name")
        }
        let program = "docker-credential-" + name
        do {
            let output = try await helper.run(program, CredentialHelperAnswer.serverURL(registry))
            switch CredentialHelperAnswer(parsing: output.bytes, succeeded: output.succeeded, for: registry) {
            case .credentials(let credentials): return .success(credentials)
            case .unknown: return .success(nil)
            case .otherRegistry: return failed("\(program) answered for another registry")
            case .unreadable:
                return failed(output.succeeded ? "\(program) did not print a login" : "\(program) failed")
            }
        } catch {
            switch error as? CredentialHelper.Failure {
            case .notFound: return failed("there is no program \(program)")
            case .timedOut: return failed("\(program) did not answer in time", .timeout)
            case .tooMuch: return failed("\(program) printed more than a login")
            case .broken, nil: return failed("\(program) could not be run")
            }
        }
    }
}
