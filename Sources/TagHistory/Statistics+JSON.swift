extension Statistics.ChangesWithin {
    enum CodingKeys: String, CodingKey {
        case days7 = "7d"
        case days30 = "30d"
        case days90 = "90d"
        case days365 = "365d"
    }
}

extension Statistics.DueWithin {
    enum CodingKeys: String, CodingKey {
        case days7 = "7d"
        case days14 = "14d"
        case days30 = "30d"
    }
}

extension Rhythm {
    enum CodingKeys: String, CodingKey {
        case word = "class"
        case days, overdue, evidence, reason
    }
}
