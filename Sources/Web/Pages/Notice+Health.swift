import OCI
import Store

extension Notice {
    /// A page of a time in the past.
    static func asOf(_ time: Timestamp) -> Notice {
        Notice(
            style: "info", heading: "As of \(Words.time(time))",
            text: "What was learned since is left out; how the tag is checked is told as it is now.")
    }

    /// What came of the button "Check now", as long as that is news; what fails or is missing has a notice of its own.
    /// - Parameters:
    ///   - outcome: nil where it had not ended yet.
    ///   - asked: when the button was pressed.
    ///   - isIdle: no worker is running.
    static func checked(
        _ tag: TrackedTag, _ outcome: CheckOutcome?, since asked: Timestamp, isIdle: Bool = false, now: Timestamp
    ) -> Notice? {
        guard (0..<300).contains(now.seconds(since: asked)), tag.state != .untracked else { return nil }
        switch outcome {
        case nil where isIdle: return idle
        case nil:
            return Notice(
                style: "info", heading: "The check waits for its turn.", text: "Load this page again in a moment.")
        case .unchanged:
            return Notice(style: "good", heading: "Checked just now:", text: "the digest is the same.")
        case .changed: return Notice(style: "good", heading: "Checked just now:", text: "a new digest.")
        case .missing: return nil
        case .failed:
            guard tag.state != .failing else { return nil }
            return Notice(
                style: "warn", heading: "The check was put off.",
                text: "The registry does not answer, or asks for patience; the status page tells more.")
        }
    }

    /// What keeps the whole site, or most of a registry, from being checked.
    static func health(of status: StoreStatus) -> [Notice] {
        guard status.tracked > 0, status.workers.isEmpty else { return silent(status.lanes) }
        return [idle] + silent(status.lanes)
    }

    private static let idle = Notice(
        style: "warn", heading: "No worker is running.",
        text: "Nothing is checked until one is started; what is shown may be out of date.")

    /// Registries that do not answer, or most of whose checks fail: one notice, however many they are.
    static func silent(_ lanes: [LaneStatus]) -> [Notice] {
        let failing = lanes.filter(\.isFailing)
        guard let first = failing.first else { return [] }
        let what =
            if failing.count > 1 {
                "Most of the last checks failed in " + failing.prefix(3).map(\.registry.name).joined(separator: ", ")
                    + (failing.count > 3 ? " and \(failing.count - 3) more." : ".")
            } else if first.isSilent {
                "None of its last \(Words.count(first.recent.checks, "check")), in this hour and the one before, succeeded."
            } else {
                "Checks of \(Words.number(first.failing)) of \(Words.count(first.tracked, "tag")) fail."
            }
        return [
            Notice(
                style: "warn",
                heading: failing.count == 1
                    ? "\(first.registry) cannot be checked."
                    : "\(Words.number(failing.count)) registries cannot be checked.",
                text: what + " What was learned before stays, but may be out of date.",
                reasonText: first.lastError.map { failing.count == 1 ? $0 : "\(first.registry): \($0)" })
        ]
    }
}
