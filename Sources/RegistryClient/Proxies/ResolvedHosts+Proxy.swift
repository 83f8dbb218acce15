extension ResolvedHosts {
    /// Refuses what must not be asked through a proxy for somebody who typed it. A name that is not known here is the
    /// proxy's to look up.
    func admitThroughProxy(_ host: String) async throws(CheckFailure) {
        guard !ProxyGuard.isInside(host) else { throw ConnectionPolicy.privateAddress(host) }
        switch await verdictForProxy(host) {
        case .isPublic, .unknownHost, .timedOut: return
        case .isForbidden: throw ConnectionPolicy.privateAddress(host)
        case nil: throw CheckFailure(.cancelled, "the check was cancelled")
        }
    }
}
