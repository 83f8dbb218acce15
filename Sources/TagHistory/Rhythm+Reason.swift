extension Rhythm {
    /// The reason without the word that it begins with.
    public var explanation: String {
        guard let colon = reason.firstIndex(of: ":") else { return reason }
        return String(reason[colon...].dropFirst(2))
    }

    static func reason(_ word: Word, overdue: Bool, _ grounds: Grounds) -> String {
        let gap = grounds.judgedGap
        let sure = grounds.sureOpen
        let last =
            grounds.openBetween.map { between in
                let (least, most) = (duration(between.lowerBound, .down), duration(between.upperBound, .up))
                return least.replacing(most.drop { $0 != " " }, with: "") + " to " + most
            } ?? duration(sure, .down)
        let said =
            switch word {
            case .unchanged:
                unchanged(gap, grounds)
                    + (grounds.changes == 0
                        ? "" : "; its digest changed \(times(grounds.changes)), which was no update")
            case .stopped where grounds.isMoving:
                "\(count(grounds.updates)) in all, none for \(duration(sure, .down)); its digest still "
                    + "changes, last \(duration(grounds.unmoved ?? 0, .down)) ago, but in ways that are no update: "
                    + "metadata or platforms alone, or back to an older one"
            case .stopped where grounds.isLastVague:
                "\(count(grounds.updates)) in all, the last some time in the "
                    + "\(duration((grounds.openBetween?.upperBound ?? 0) - sure)) before it was found; "
                    + "whether more follow is not known yet"
            case .stopped where grounds.unseenDays > sure / 2:
                "\(count(grounds.updates)) in all, none known for \(duration(sure, .down)); if there was none, it is probably "
                    + "rebuilt no more"
            case .stopped:
                "\(count(grounds.updates)) in all, none for \(duration(sure, .down)); "
                    + "by its past, it is probably rebuilt no more"
            case .superseded:
                "the repository has a newer version of this tag; "
                    + (grounds.updates == 1 || grounds.isLastVague
                        ? "its \(grounds.updates == 1 ? "only" : "last") update came \(last) ago"
                        : "none of its \(count(grounds.updates)) came in the last \(duration(sure, .down))")
            case .irregular:
                "\(updates(grounds)), half of them within \(ceiling(OrderStatistics.median(grounds.intervals) ?? 0)) "
                    + "of the one before, but once \(duration(gap)) without any" + uncertainty(grounds)
            default:
                "\(updates(grounds)), \(longest(gap, grounds))" + uncertainty(grounds)
            }
        let isExpected = word != .unchanged && word != .stopped && word != .superseded
        let isTold = word != .unchanged || grounds.ageDays - grounds.unseenDays >= 1
        return "\(word.label): \(said)"
            + (overdue && isExpected ? "\(late)\(last) ago" : "")
            + (grounds.unseenDays >= Pulse.shortestGapDays && isTold
                ? "\(lastSeen)\(duration(grounds.unseenDays, .down)) ago" : "")
    }

    private static let late = "; overdue, the last was "
    private static let lastSeen = "; last seen "

    /// The reason without what is only of interest as long as there is a next update to wait for.
    public var pastReason: String {
        [Self.late, Self.lastSeen].reduce(reason) { text, mark in
            text.firstRange(of: mark).map { String(text[..<$0.lowerBound]) } ?? text
        }
    }

    /// No more than was watched.
    private static func unchanged(_ gap: Double, _ grounds: Grounds) -> String {
        guard grounds.unseenDays >= Pulse.shortestGapDays else { return "no update in \(sinceFirstSeen(gap, .down))" }
        let seen = grounds.ageDays - grounds.unseenDays
        return seen < 1
            ? "seen only \(duration(grounds.unseenDays, .down)) ago and not since"
            : "no update in the \(duration(seen, .down)) in which it was seen"
    }

    private static func longest(_ gap: Double, _ grounds: Grounds) -> String {
        // It began before the year that is spoken of.
        if grounds.isFullWindow, gap > Evaluation.windowDays, grounds.updatesInWindow > 0 {
            return (grounds.updatesInWindow > 1 ? "one of them " : "") + "after \(duration(gap)) without any"
        }
        // With one update there are no two that could be apart.
        return grounds.updatesInWindow < 2 || grounds.intervals.last != gap
            ? "never more than \(ceiling(gap)) without one" + ((grounds.open ?? 0) > gap ? " before" : "")
            : "never more than \(ceiling(gap)) apart"
    }

    private static func uncertainty(_ grounds: Grounds) -> String {
        grounds.uncertainty.map { ", give or take \(ceiling($0))" } ?? ""
    }

    private static func updates(_ grounds: Grounds) -> String {
        count(grounds.updatesInWindow)
            + (grounds.isFullWindow
                ? " in the last year" : " in \(sinceFirstSeen(grounds.ageDays))")
    }

    private static func sinceFirstSeen(
        _ days: Double, _ rule: FloatingPointRoundingRule = .toNearestOrAwayFromZero
    ) -> String {
        days * 24 < 1
            ? "the time since it was first seen, under an hour ago"
            : "the \(days * 24 < 1.5 ? "hour" : duration(days, rule)) since it was first seen"
    }

    private static func count(_ updates: Int) -> String {
        switch updates {
        case 0: "no update"
        case 1: "1 update"
        default: "\(updates) updates"
        }
    }

    private static func times(_ count: Int) -> String {
        switch count {
        case 1: "once"
        case 2: "twice"
        default: "\(count) times"
        }
    }

    /// In days, below two days in hours.
    /// - Parameter rule: down where "none for" must stay true.
    private static func duration(
        _ days: Double, _ rule: FloatingPointRoundingRule = .toNearestOrAwayFromZero
    ) -> String {
        let hours = (days * 24).rounded(rule)
        return days >= 2
            ? unit(days.rounded(rule), "day") : hours < 1 && days > 0 ? "under an hour" : unit(hours, "hour")
    }

    /// The next whole day or hour, so that "never more than" stays true, give or take the ten minutes to which the times of
    /// lists are kept: what is said of a tag is the same everywhere.
    private static func ceiling(_ days: Double) -> String {
        let days = days - 2 * Double(Pulse.stepSeconds) / 86_400
        return days <= 2 ? unit(max(1, (days * 24).rounded(.up)), "hour") : unit(days.rounded(.up), "day")
    }

    private static func unit(_ value: Double, _ name: String) -> String {
        let number = Int(value.rounded())
        return number == 1 ? "1 \(name)" : "\(number) \(name)s"
    }
}
