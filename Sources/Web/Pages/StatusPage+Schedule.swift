import Foundation
import OCI
import Store

extension StatusPage {
    /// What the schedule makes of a registry's budget.
    struct Pace: Sendable, Hashable {
        let registry: String
        let uses: String
        let budget: String
        /// How far apart checks are of tags that change daily, weekly and monthly.
        let intervals: String
        /// c, in the square root of days; nil where it counts for nothing.
        let spacing: String?
        let delay: String
        let clock: String
        /// Checked at one interval, whatever changes.
        let isFixed: Bool
    }
}

extension StatusPage {
    static func scheduleText(_ paces: [Pace]) -> String {
        paces.allSatisfy(\.isFixed)
            ? "Every tag is checked at one interval, which the settings fix, however often it changes."
            : "The oftener a tag changes, the oftener it is checked, as far as its registry’s budget goes: one that changes "
                + "four times as often is checked twice as often, within limits. c: the days between checks of one that "
                + "changes once a day. The queue keeps time; where it fell behind, after days without a worker or with a "
                + "small budget, what was missed is made up for in its order."
    }
}

extension StatusPage.Pace {
    /// Nil where no worker has prepared the lane yet.
    init?(_ lane: LaneStatus) {
        guard let schedule = lane.schedule else { return nil }
        registry = lane.registry.name
        uses = Self.uses(lane.checks)
        budget =
            schedule.requestsPerSecond >= 1
            ? Words.count(Int(schedule.requestsPerSecond.rounded()), "request") + " a second"
            : Words.count(Int((schedule.requestsPerSecond * 3_600).rounded()), "request") + " an hour"
        // With a fixed interval the clock is time itself, and c counts for nothing.
        isFixed = schedule.lagSeconds == 0
        intervals =
            isFixed
            ? "–"
            : [1, 7, 30].map { days in
                Words.days(schedule.interval(changesPerDay: 1 / Double(days), tags: lane.tracked))
            }.uniqued.joined(separator: " · ")
        spacing = isFixed ? nil : "c = " + String(format: "%.3g", schedule.spacing)
        delay = schedule.meanDelaySeconds.map { Words.days($0 / 86_400) } ?? "–"
        clock = isFixed ? "–" : Self.clock(schedule.lagSeconds)
    }

    private static func clock(_ lag: Double) -> String {
        if abs(lag) < 600 { return "on time" }
        return Words.days(abs(lag) / 86_400) + (lag > 0 ? " behind" : " ahead")
    }

    private static func uses(_ checks: LaneStatus.Uses) -> String {
        let parts = [
            (checks.due, "in turn"), (checks.boosted, "because a sibling had changed"),
            (checks.sweep, "to verify listings"), (checks.requested, "that somebody asked for"),
            (checks.listed, "answered by listings"),
        ].filter { $0.0 > 0 }.map { "\(Words.number($0)) \($1)" }
        return parts.isEmpty ? "No check in 24 hours." : "Checks in 24 hours: " + parts.joined(separator: ", ") + "."
    }
}
