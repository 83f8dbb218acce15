import OCI
import Store

/// Whether the site does its work: one judgement for the page and the API.
struct SiteHealth: Encodable, Hashable {
    enum State: String, Encodable {
        case healthy, stopped, disturbed, late
        case catchingUp = "catching up"
    }

    let state: State
    let text: String

    init(_ status: StoreStatus, now: Timestamp) {
        let failing = status.lanes.filter(\.isFailing)
        let overdue = status.overdueSeconds(at: now)
        let lag = status.lanes.compactMap(\.schedule?.lagSeconds).max() ?? 0
        (state, text) =
            if status.workers.isEmpty {
                (.stopped, "No worker is running, so nothing is checked.")
            } else if !failing.isEmpty {
                (.disturbed, Self.disturbance(failing))
            } else if overdue > 1_800 {
                (.late, "Checks run, but the oldest has been due for \(Words.days(overdue / 86_400)).")
            } else if lag > 600 {
                (
                    lag > 86_400 ? .catchingUp : .healthy,
                    "Checks run, some of them up to \(Words.days(lag / 86_400)) later than meant."
                )
            } else {
                (.healthy, "Every tag is checked in its time.")
            }
    }

    var badge: Badge {
        let style =
            switch state {
            case .healthy: "good"
            case .stopped: "bad"
            case .disturbed, .late, .catchingUp: "warn"
            }
        return Badge(label: state.rawValue, style: style)
    }

    private static func disturbance(_ failing: [LaneStatus]) -> String {
        let names = failing.prefix(3).map(\.registry.name).joined(separator: ", ")
        let more = failing.count > 3 ? " and \(Words.number(failing.count - 3)) more" : ""
        return failing.allSatisfy(\.isSilent)
            ? "Checks run, but none of the last succeeded at \(names)\(more)."
            : "Checks run, but most fail at \(names)\(more)."
    }
}

extension StoreStatus {
    /// Since when the oldest check has been due, as its queue goes.
    func overdueSeconds(at now: Timestamp) -> Double {
        lanes.compactMap(\.oldestDueAt).min().map { now.seconds(since: $0) } ?? 0
    }
}
