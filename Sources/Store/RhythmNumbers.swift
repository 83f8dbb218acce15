import TagHistory

extension Rhythm.Word {
    /// As it is stored; the numbers never change their meaning.
    var number: Int16 {
        switch self {
        case .unchanged: 1
        case .stopped: 2
        case .superseded: 3
        case .irregular: 4
        case .daily: 5
        case .weekly: 6
        case .fortnightly: 7
        case .monthly: 8
        case .twoMonthly: 9
        case .quarterly: 10
        case .halfYearly: 11
        case .yearly: 12
        case .rare: 13
        }
    }
}
