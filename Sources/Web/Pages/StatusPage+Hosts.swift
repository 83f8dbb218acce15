import OCI
import Store

extension StatusPage {
    /// A registry's host: whether it is asked, how much it may be asked, and how much it was.
    struct Host: Sendable, Hashable {
        let name: String
        let reason: String?
        let state: String
        let pausedUntil: Moment?
        let rate: String
        /// How many could be sent at once.
        let tokens: String?
        let quota: String?
        let thisHour: String
        let lastDay: String
        let purposes: String?
    }
}

extension StatusPage.Host {
    init(_ host: HostStatus, now: Timestamp) {
        // The port of HTTPS says nothing.
        name = host.host.hasSuffix(":443") ? String(host.host.dropLast(4)) : host.host
        reason = host.reason
        state =
            switch host.circuit {
            case .closed: "asked"
            case .open: "left alone"
            case .halfOpen: "being tried"
            }
        pausedUntil = host.pausedUntil.map { Moment($0, now: now) }
        rate =
            if let rate = host.requestsPerSecond {
                rate < 10 && rate != rate.rounded() ? Words.tenths(rate) : Words.number(Int(min(rate, 1e9).rounded()))
            } else {
                "no limit"
            }
        tokens = host.tokens.map { Words.number(Int(min(max($0, 0), 1e9))) }
        quota = host.quota.map {
            "\(Words.number($0.remaining)) of \(Words.number($0.limit)) in \(Words.days(Double($0.windowSeconds) / 86_400))"
        }
        thisHour = Words.number(host.thisHour.values.reduce(0, +))
        lastDay = Words.number(host.lastDay.values.reduce(0, +))
        let parts = RequestKind.allCases.compactMap { kind in
            host.lastDay[kind].map { "\(Words.number($0)) \(Self.word(kind))" }
        }
        purposes = parts.isEmpty ? nil : "24 hours: " + parts.joined(separator: ", ")
    }

    private static func word(_ kind: RequestKind) -> String {
        switch kind {
        case .check: "for checks"
        case .bulk: "for listings"
        case .token: "for tokens"
        case .content: "for manifests"
        case .tags: "for tag lists"
        case .history: "for histories"
        }
    }
}
