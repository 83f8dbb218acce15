// A reader finds every member in every answer: what is undefined is null, never absent. `encode` on an optional writes
// null, where the synthesised code would leave the member out. Reading takes both.

extension Statistics {
    enum CodingKeys: CodingKey {
        case asOf, observedDays, windowDays, changes, updates, flaps, reverts, updatesInWindow, changesWithin
        case rate, interval, daysSinceLastUpdate, aliveProbability, dueWithin, trend, rhythm
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(asOf, forKey: .asOf)
        try container.encode(observedDays, forKey: .observedDays)
        try container.encode(windowDays, forKey: .windowDays)
        try container.encode(changes, forKey: .changes)
        try container.encode(updates, forKey: .updates)
        try container.encode(flaps, forKey: .flaps)
        try container.encode(reverts, forKey: .reverts)
        try container.encode(updatesInWindow, forKey: .updatesInWindow)
        try container.encode(changesWithin, forKey: .changesWithin)
        try container.encode(rate, forKey: .rate)
        try container.encode(interval, forKey: .interval)
        try container.encode(daysSinceLastUpdate, forKey: .daysSinceLastUpdate)
        try container.encode(aliveProbability, forKey: .aliveProbability)
        try container.encode(dueWithin, forKey: .dueWithin)
        try container.encode(trend, forKey: .trend)
        try container.encode(rhythm, forKey: .rhythm)
    }
}

extension Statistics.ChangesWithin {
    enum CodingKeys: String, CodingKey {
        case days7 = "7d"
        case days30 = "30d"
        case days90 = "90d"
        case days365 = "365d"
    }
}

extension Statistics.Rate {
    enum CodingKeys: CodingKey {
        case perDay, low95, high95, atMost95
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(perDay, forKey: .perDay)
        try container.encode(low95, forKey: .low95)
        try container.encode(high95, forKey: .high95)
        try container.encode(atMost95, forKey: .atMost95)
    }
}

extension Statistics.Interval {
    enum CodingKeys: CodingKey {
        case meanDays, medianDays, medianLow95, medianHigh95, longestDays, worstGapDays, worstGapDaysEver, variation
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(meanDays, forKey: .meanDays)
        try container.encode(medianDays, forKey: .medianDays)
        try container.encode(medianLow95, forKey: .medianLow95)
        try container.encode(medianHigh95, forKey: .medianHigh95)
        try container.encode(longestDays, forKey: .longestDays)
        try container.encode(worstGapDays, forKey: .worstGapDays)
        try container.encode(worstGapDaysEver, forKey: .worstGapDaysEver)
        try container.encode(variation, forKey: .variation)
    }
}

extension Statistics.DueWithin {
    enum CodingKeys: String, CodingKey {
        case days7 = "7d"
        case days14 = "14d"
        case days30 = "30d"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(days7, forKey: .days7)
        try container.encode(days14, forKey: .days14)
        try container.encode(days30, forKey: .days30)
    }
}

extension Statistics.Trend {
    enum CodingKeys: CodingKey {
        case u, direction
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(u, forKey: .u)
        try container.encode(direction, forKey: .direction)
    }
}

extension Rhythm {
    enum CodingKeys: String, CodingKey {
        case word = "class"
        case days, overdue, evidence, reason
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(word, forKey: .word)
        try container.encode(days, forKey: .days)
        try container.encode(overdue, forKey: .overdue)
        try container.encode(evidence, forKey: .evidence)
        try container.encode(reason, forKey: .reason)
    }
}
