public import OCI

/// How often a tag is updated, in a word, and why that word.
public struct Rhythm: Sendable, Codable, Hashable {
    public enum Word: String, Sendable, Codable, Hashable, CaseIterable {
        /// No update was ever seen.
        case unchanged
        /// Very probably it is rebuilt no more.
        case stopped
        /// The same, and the repository has a newer tag of the same shape.
        case superseded
        /// Updates come, but no interval says when.
        case irregular
        case daily, weekly, fortnightly, monthly, twoMonthly, quarterly, halfYearly, yearly
        /// Less often than every year and a half.
        case rare

        /// For people.
        public var label: String {
            switch self {
            case .twoMonthly: "every two months"
            case .halfYearly: "half-yearly"
            default: rawValue
            }
        }
    }

    public enum Evidence: String, Sendable, Codable, Hashable, CaseIterable {
        case none, thin, good, strong
    }

    /// Nil where the tag was not seen yet.
    @OrNull public var word: Word?
    /// D: the rhythm in days, whose one and a half the longest gap does not exceed.
    @OrNull public var days: Int?
    /// The open interval is longer than one and a half rhythms.
    public var overdue: Bool
    public var evidence: Evidence
    /// One sentence for people, beginning with the word.
    public var reason: String

    /// It has come to its end: no longer guessed at, and never late.
    public var isOver: Bool { word == .stopped || word == .superseded }

    /// Whether there is a next update to wait for.
    public var isNextAwaited: Bool { word != nil && !overdue && !isOver }

    /// The word, and whether it may soon be another; nil where the tag was not seen yet.
    public var label: String? { word.map { evidence == .thin && !isOver ? $0.label + ", so far" : $0.label } }

    static let unseen = Rhythm(word: nil, days: nil, overdue: false, evidence: .none, reason: "not seen yet")

    static let ladder: [(days: Int, word: Word)] = [
        (1, .daily), (7, .weekly), (14, .fortnightly), (30, .monthly), (60, .twoMonthly), (90, .quarterly),
        (180, .halfYearly), (365, .yearly),
    ]

    /// What a rhythm is judged by, all in days.
    struct Grounds {
        var updates: Int
        var updatesInWindow: Int
        var changes: Int
        /// Between successive updates, the later one in the window; in order of length.
        var intervals: [Double]
        /// The time before the first update where none is known before the window.
        var firstPartial: Double?
        /// The time since the last update.
        var open: Double?
        /// See ``Evaluation/intervalUncertaintyDays``.
        var uncertainty: Double?
        /// No less and no more, where that is known to days alone.
        var openBetween: ClosedRange<Double>?
        /// See ``Evaluation/isLastVague``.
        var isLastVague: Bool
        /// Since the newest row that bears a digest; nil where that is a return.
        var unmoved: Double?
        var alive: Double
        /// Since the first sighting.
        var ageDays: Double
        /// Since the last one: nobody looked since, or the registry had no such tag.
        var unseenDays: Double
        var windowDays: Double
        /// The window is a whole year long; else it begins with the first sighting.
        var isFullWindow: Bool
        var isSuperseded: Bool

        /// No less than has passed since the last update.
        var sureOpen: Double { openBetween?.lowerBound ?? open ?? 0 }

        /// Its digest still changes, but all of that is no update.
        var isMoving: Bool { changes > updates && (unmoved ?? .infinity) < sureOpen / 4 }

        /// The longest time without an update that the rhythm must answer for. While little is known, the open
        /// interval counts too.
        var judgedGap: Double {
            max(intervals.last ?? 0, firstPartial ?? 0, intervals.count < 3 ? open ?? 0 : 0)
        }
    }

    init(word: Word?, days: Int?, overdue: Bool, evidence: Evidence, reason: String) {
        self.word = word
        self.days = days
        self.overdue = overdue
        self.evidence = evidence
        self.reason = reason
    }

    init(_ grounds: Grounds) {
        let gap = grounds.judgedGap
        let step = Self.ladder.first { gap <= 1.5 * Double($0.days) }
        let count = grounds.intervals.count
        let word: Word =
            if grounds.updates == 0 {
                .unchanged
            } else if grounds.alive < 0.05 {
                grounds.isSuperseded ? .superseded : .stopped
            } else if count >= 3, Self.isIrregular(step?.days, median: OrderStatistics.median(grounds.intervals)) {
                .irregular
            } else {
                step?.word ?? .rare
            }
        let overdue =
            if count >= 3, let step, let open = grounds.open { open > 1.5 * Double(step.days) } else { false }
        let tooShort = step.map { grounds.windowDays < 2 * Double($0.days) } ?? false
        let evidence: Evidence =
            if grounds.updates == 0 { .none } else if count < 3 || tooShort { .thin } else {
                count <= 11 ? .good : .strong
            }
        self.init(
            word: word, days: step?.days, overdue: overdue, evidence: evidence,
            reason: Self.reason(word, overdue: overdue, grounds))
    }

    private static func isIrregular(_ days: Int?, median: Double?) -> Bool {
        guard let days, let median else { return true }
        return Double(days) >= 4 * median
    }
}
