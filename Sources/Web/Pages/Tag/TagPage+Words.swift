import OCI
import Store
import TagHistory

extension TagPage {
    static func unseenAnswer(_ tag: TrackedTag) -> String {
        switch tag.state {
        case .pending: "Not seen yet: its first check is due."
        case .failing: "Not seen yet: no check has succeeded."
        case .missing: "The registry has no such tag."
        case .untracked: "Tagbeat does not watch this tag any more, and never saw it."
        case .active: "Not seen yet."
        }
    }

    /// When it was last, when it may be next, and how long we have looked.
    static func detail(_ statistics: Statistics, _ record: TagRecord) -> String {
        var parts: [String] = []
        if let days = statistics.daysSinceLastUpdate {
            let due = statistics.dueWithin
            let likely = [(7, due.days7), (14, due.days14), (30, due.days30)].first { ($0.1 ?? 0) >= 0.75 }
            let isWaitedFor = statistics.rhythm.isNextAwaited && record.goneSince == nil
            let next = !isWaitedFor ? nil : likely.map { "; the next is likely within \($0.0) days" }
            let last = Words.lastUpdate(days, between: statistics.daysSinceLastUpdateBetween)
            parts.append("Last update \(last)\(next ?? "").")
        }
        let watch = Watch(record, statistics)
        let known = watch.knownDays.map { "; its past is known for \(Words.days($0))" } ?? ""
        parts.append(
            (watch.isBegun ? "Observed for \(Words.days(watch.days))" : "Not observed by our own checks yet") + known
                + ".")
        if statistics.rhythm.evidence != .none { parts.append(Words.sentence(statistics.rhythm.evidence.words)) }
        return parts.joined(separator: " ")
    }

    static func facts(_ tag: TrackedTag, now: Timestamp) -> [Fact] {
        func time(_ label: String, _ time: Timestamp?, otherwise: String) -> Fact {
            Fact(label: label, moment: time.map { Moment($0, now: now) }, text: time == nil ? otherwise : nil)
        }
        var facts = [
            time("Last checked", tag.lastCheckedAt, otherwise: "never"),
            time("Last success", tag.lastSucceededAt, otherwise: "never"),
        ]
        if let next = tag.nextCheckAt {
            facts.append(
                next <= now
                    ? Fact(label: "Next check", text: "due now")
                    : Fact(label: "Next check", moment: Moment(next, now: now)))
        } else {
            facts.append(Fact(label: "Next check", text: "none: it is not tracked"))
        }
        facts.append(time("First seen", tag.firstSeenAt, otherwise: "never"))
        facts.append(Fact(label: "Tracked since", moment: Moment(tag.trackedSince, now: now)))
        if let pushed = tag.lastPushedAt {
            facts.append(Fact(label: "Pushed, says the registry", moment: Moment(pushed, now: now)))
        }
        if let type = tag.mediaType { facts.append(Fact(label: "Kind", text: type.words)) }
        if !tag.platforms.isEmpty {
            let names = tag.platforms.map(\.platform.description).joined(separator: ", ")
            facts.append(Fact(label: "Platforms", text: names))
        }
        return facts
    }
}

extension MediaType {
    var words: String {
        if isIndex { return "image index (several platforms)" }
        return isManifest ? "single image" : description
    }
}

extension Notice {
    /// - Parameter tag: as it was before somebody looked at it.
    static func woken(_ tag: TrackedTag) -> Notice {
        let last = tag.lastCheckedAt.map { ": the last was on \(Words.date($0))" } ?? ""
        return Notice(
            style: "info", heading: "It was retired, and is watched again from now on.",
            text: "Nobody had asked for it for so long that its checks had ended\(last).")
    }

    /// What keeps a tag from being up to date.
    static func of(_ tag: TrackedTag, now: Timestamp) -> [Notice] {
        let again = tag.nextCheckAt.map {
            $0 <= now ? " The next check is due now." : " The next check is \(Words.relative($0, now: now))."
        }
        switch tag.state {
        case .failing:
            return [
                Notice(
                    style: "warn", heading: "The last check failed.",
                    text: (tag.firstSeenAt == nil ? "It was not seen yet." : "What is shown may be out of date.")
                        + (again ?? ""), reasonText: tag.lastError)
            ]
        case .missing where tag.firstSeenAt == nil:
            return [
                Notice(
                    style: "warn", heading: "No check has found it.",
                    text: "It may not be pushed yet, or not be shown without a login." + (again ?? ""))
            ]
        case .missing:
            return [
                Notice(
                    style: "bad", heading: "The registry has no such tag any more.",
                    text: "Its history stays, and goes on if the tag returns." + (again ?? ""))
            ]
        case .pending, .active, .untracked: return []
        }
    }
}
