import OCI
import Store
import TagHistory

// What is folded away at the page's end.

extension TagPage {
    /// The statistics in words, the year's first.
    static func intervals(_ statistics: Statistics) -> [Fact] {
        let interval = statistics.interval
        var facts = [
            Fact(
                label: "Updates",
                text: "\(Words.number(statistics.updatesInWindow)) \(window(statistics)), "
                    + "\(Words.number(statistics.updates)) in all",
                note:
                    "What comes within six hours of the change before, a day long at most, is one update: a push in steps. "
                    + "Metadata alone, or an older digest once more, is none.")
        ]
        func add(_ label: String, _ text: String?, _ note: String? = nil) {
            if let text { facts.append(Fact(label: label, text: text, note: note)) }
        }
        add(
            "Half of them come within", interval.medianDays.map { Words.days($0) + bounds(interval) },
            "of the one before. The fewer updates there were, the wider is the span that is certain.")
        add("Mean interval", interval.meanDays.map { Words.days($0) }, "from an update to the next")
        add("Longest interval", interval.longestDays.map { Words.longest($0) }, "from an update to the next")
        add(
            "Longest time without one, last year", interval.worstGapDays.map { Words.longest($0) },
            "The time since the last one counts, too.")
        add("Longest time without one, ever", interval.worstGapDaysEver.map { Words.longest($0) })
        if let within = statistics.intervalUncertaintyDays {
            add(
                "Certainty of intervals", "give or take \(Words.atMost(within))",
                "An update is reckoned in the middle between the looks before and after it; these lay so far apart.")
        } else {
            add("Evenness", interval.variation.map(evenness), "How much the intervals differ: 0 would be none at all.")
        }
        if statistics.tellsOfYears {
            add(
                "Expected per year", perYear(statistics.rate),
                "If it goes on as it did while we looked. Between two looks that lie far apart may be more updates than "
                    + "the one that is seen; they are reckoned with, so it can be more than were counted.")
        }
        add(
            "Trend", statistics.trend.direction.map(words),
            "The later half of the time against the earlier, where the difference is more than chance.")
        add(
            "Still being rebuilt", statistics.aliveProbability.map(percent),
            "How likely that is after the time since the last update, measured by the intervals before it.")
        let due = statistics.dueWithin
        if let week = due.days7, let month = due.days30 {
            add(
                "Chance of an update", "\(percent(week)) within 7 days, \(percent(month)) within 30",
                "Counted from now, if it goes on as before.")
        }
        add("Changes that were no update", others(statistics))
        add("Evidence", evidence(statistics))
        return facts
    }

    private static let gapNote = "The time since the last one counts, too."

    static func window(_ statistics: Statistics) -> String {
        if statistics.windowDays <= 0 {
            return statistics.observedDays > 0 ? "in the last year, in which nobody looked" : "so far"
        }
        return statistics.windowDays >= 364 ? "in the last year" : "in \(Words.days(statistics.windowDays))"
    }

    private static func bounds(_ interval: Statistics.Interval) -> String {
        guard let low = interval.medianLow95, let high = interval.medianHigh95 else { return "" }
        return " (with 95 % certainty \(Words.days(low)) to \(Words.days(high)))"
    }

    private static func evenness(_ variation: Double) -> String {
        let number = Words.hundredths(variation)
        switch variation {
        case ..<0.35: return "even, like a clockwork (variation \(number))"
        case ..<0.8: return "fairly even (variation \(number))"
        case ..<1.25: return "by chance (variation \(number))"
        default: return "in bursts (variation \(number))"
        }
    }

    private static func perYear(_ rate: Statistics.Rate) -> String? {
        if let mean = rate.perDay, let low = rate.low95, let high = rate.high95 {
            return "about \(yearly(mean)); with 95 % certainty \(yearly(low)) to \(yearly(high))"
        }
        return rate.atMost95.map { "at most \(yearly($0)), with 95 % certainty" }
    }

    private static func yearly(_ perDay: Double) -> String {
        let value = min(perDay * 365.25, 1e9)
        return value < 9.95 ? Words.tenths(value) : Words.number(Int(value.rounded()))
    }

    private static func words(_ direction: Statistics.Trend.Direction) -> String {
        switch direction {
        case .faster: "more often lately"
        case .slower: "less often lately"
        case .steady: "steady"
        }
    }

    private static func others(_ statistics: Statistics) -> String? {
        let changes = statistics.changes - statistics.updates
        guard changes > 0 else { return nil }
        var parts = [Words.count(changes, "change")]
        if statistics.flaps > 0 { parts.append("\(Words.number(statistics.flaps)) taken back at once") }
        if statistics.reverts > 0 { parts.append("\(Words.number(statistics.reverts)) back to an older digest") }
        return parts.joined(separator: ", ")
    }

    private static func evidence(_ statistics: Statistics) -> String {
        switch statistics.rhythm.evidence {
        case .none: "none: no update was seen yet"
        case .thin: "thin: too few updates, or too short a time, to rely on"
        case .good: "good: at least three intervals"
        case .strong: "strong: twelve intervals or more"
        }
    }

    static func percent(_ value: Double) -> String {
        switch value {
        case ..<0.01: "under 1 %"
        case 0.99...: "over 99 %"
        default: "\(Int((value * 100).rounded())) %"
        }
    }

    static func platformText(_ tag: TrackedTag) -> String {
        guard !tag.platforms.isEmpty else { return "Which platforms the newest digest has is not known yet." }
        let names = Set(tag.platforms.map(\.platform)).sorted().map(\.description)
        return "The newest digest has \(names.joined(separator: ", "))."
    }
}

extension TagPage.Arrival {
    init(_ arrival: PlatformArrival, now: Timestamp) {
        name = arrival.platform.description
        updates = Words.number(arrival.updates)
        last = Moment(arrival.lastAt, now: now)
        let delay = arrival.medianDelaySeconds
        self.delay = delay < 60 ? "with the first" : "\(Words.days(delay / 86_400)) after the first"
    }
}

extension TagPage.Embedding {
    init(_ reference: TagReference, origin: String) {
        let page = origin + Href.tag(reference)
        badge = Href.badge("frequency", reference)
        badgeCode = "[![rebuilt](\(origin)\(badge))](\(page))"
        chartCode = "[![updates of \(reference.familiar)](\(origin)\(Href.chart(reference)))](\(page))"
        feed = Href.feed(reference)
        exports = ["csv", "ndjson"].map { format in
            Link(label: format == "csv" ? "CSV" : "NDJSON", href: Href.history(reference, format: format))
        }
    }
}
