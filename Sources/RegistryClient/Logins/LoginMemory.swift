/// Remembers that a registry refused a login, so that it is not tried again and again: GitLab shuts an address out for
/// an hour after thirty failed logins in three minutes.
/// https://docs.gitlab.com/security/rate_limits/#failed-authentication-ban-for-git-and-container-registry
struct LoginMemory: Sendable {
    enum Standing: Hashable, Sendable {
        /// Never tried, or its pause is over: one try at a time.
        case unproven
        case accepted
        /// Not to be tried for so long.
        case refused(Duration)
    }

    static let firstPause: Duration = .seconds(60)
    static let longestPause: Duration = .seconds(3_600)
    /// Refusals in a row that make a login doubtful which was good before, or that may be one repository's alone.
    static let mostDoubts = 3

    private var login: Credentials?
    private var isAccepted = false
    private var doubts = 0
    private var pauses = 0
    private var until: Duration = .zero

    /// - Parameter now: another login than before begins anew.
    mutating func standing(of credentials: Credentials, at now: Duration) -> Standing {
        if login != credentials {
            self = LoginMemory()
            login = credentials
        }
        if now < until { return .refused(until - now) }
        return isAccepted ? .accepted : .unproven
    }

    mutating func accepted(_ credentials: Credentials) {
        guard login == credentials else { return }
        (isAccepted, doubts, pauses, until) = (true, 0, 0, .zero)
    }

    /// - Parameter isCertain: the answer can only mean the login (401), not a repository (403).
    mutating func refused(_ credentials: Credentials, isCertain: Bool, at now: Duration) {
        guard login == credentials else { return }
        doubts += 1
        guard (isCertain && !isAccepted) || doubts >= Self.mostDoubts else { return }
        let pause = Self.firstPause * (1 << min(pauses, 6))
        pauses += 1
        (isAccepted, doubts, until) = (false, 0, now + min(pause, Self.longestPause))
    }
}
