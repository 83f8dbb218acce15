import OCI
import TagHistory

/// What a tag's badges say. Frequency first: never a grade, which means vulnerabilities elsewhere.
enum TagBadge: String, CaseIterable, Sendable {
    case frequency
    case lastChange = "last-change"
    case changes

    /// How a tag stands, apart from its history.
    enum Standing: Hashable, Sendable {
        case active
        /// Not checked yet.
        case pending
        case missing
        case failing
        /// Not watched any more; its history stays.
        case retired
        /// Nobody ever asked for it.
        case unknown
    }

    var label: String {
        switch self {
        case .frequency: "rebuilt"
        case .lastChange: "last change"
        case .changes: "changes"
        }
    }

    /// - Parameters:
    ///   - statistics: nil where the tag was never seen.
    ///   - lastChangedAt: the newest change; nil without one.
    ///   - gap: the days without a look at whose end it was found.
    func drawing(
        _ standing: Standing, statistics: Statistics?, lastChangedAt: Timestamp?, gap: Range<Timestamp>? = nil,
        now: Timestamp
    ) -> BadgeDrawing {
        guard let statistics, statistics.rhythm.word != nil, standing != .unknown else { return without(standing) }
        if standing == .missing { return BadgeDrawing(label: label, message: "missing", tone: .gone) }
        let (message, tone) = said(statistics, lastChangedAt: lastChangedAt, gap: gap, now: now)
        switch standing {
        case .failing: return BadgeDrawing(label: label, message: message + " (checks fail)", tone: .warning)
        case .retired: return BadgeDrawing(label: label, message: message + " (not watched)", tone: .unknown)
        default: return BadgeDrawing(label: label, message: message, tone: tone)
        }
    }

    /// Nothing was ever seen of it.
    private func without(_ standing: Standing) -> BadgeDrawing {
        switch standing {
        case .pending, .active: BadgeDrawing(label: label, message: "pending", tone: .unknown)
        case .missing: BadgeDrawing(label: label, message: "missing", tone: .gone)
        case .failing: BadgeDrawing(label: label, message: "checks fail", tone: .warning)
        case .retired, .unknown: BadgeDrawing(label: label, message: "unknown", tone: .unknown)
        }
    }

    private func said(
        _ statistics: Statistics, lastChangedAt: Timestamp?, gap: Range<Timestamp>?, now: Timestamp
    ) -> (String, BadgeDrawing.Tone) {
        switch self {
        case .frequency: return Self.frequency(statistics)
        case .lastChange:
            if let gap { return ("in the last " + Words.atMost(now.days(since: gap.lowerBound)), .known) }
            return lastChangedAt.map { (Words.relative($0, now: now), .known) } ?? ("none seen", .unknown)
        case .changes: return (Words.number(statistics.changes), statistics.changes == 0 ? .unknown : .known)
        }
    }

    private static func frequency(_ statistics: Statistics) -> (String, BadgeDrawing.Tone) {
        let rhythm = statistics.rhythm
        switch rhythm.word {
        case nil: return ("pending", .unknown)
        case .unchanged where statistics.observedDays < 1: return ("not yet", .unknown)
        case .unchanged: return ("not in \(Words.days(statistics.observedDays))", .unknown)
        case .stopped, .superseded: return (rhythm.word?.label ?? "", .warning)
        case .irregular: return ("irregularly", .known)
        case .rare: return ("rarely", .known)
        default:
            if rhythm.overdue { return ((rhythm.word?.label ?? "") + ", overdue", .warning) }
            return (rhythm.label ?? "", .known)
        }
    }
}
