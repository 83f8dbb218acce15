public import OCI

/// How often what was foretold came true.
public struct CalibrationReport: Sendable, Equatable {
    /// Which judgements are counted together.
    public enum Condition: Sendable, CaseIterable {
        /// Listed from half a year before until half a year after, with an update in the year before.
        case steadyAndUpdated
        /// Listed from half a year before until half a year after.
        case steady
        /// With an update in the year before, though it may have been the last one.
        case updated
        case all

        func holds(isSteady: Bool, isUpdated: Bool) -> Bool {
            switch self {
            case .steadyAndUpdated: isSteady && isUpdated
            case .steady: isSteady
            case .updated: isUpdated
            case .all: true
            }
        }
    }

    /// Judgements of intervals for numbers of updates.
    public struct Coverage: Sendable, Equatable {
        public internal(set) var below = 0
        public internal(set) var within = 0
        public internal(set) var above = 0

        public var judgements: Int { below + within + above }
        /// Nil without any.
        public var share: Double? { judgements == 0 ? nil : Double(within) / Double(judgements) }

        static func + (first: Coverage, second: Coverage) -> Coverage {
            Coverage(
                below: first.below + second.below, within: first.within + second.within,
                above: first.above + second.above)
        }
    }

    /// Judgements of probabilities.
    public struct Due: Sendable, Equatable {
        public struct Bin: Sendable, Equatable {
            /// Probabilities in from..<to; the last bin includes 1.
            public let from: Double
            public let to: Double
            public internal(set) var judgements = 0
            /// How many came true.
            public internal(set) var cameTrue = 0
            var sum = 0.0

            /// The mean of the probabilities, nil without any.
            public var expected: Double? { judgements == 0 ? nil : sum / Double(judgements) }
            public var observed: Double? { judgements == 0 ? nil : Double(cameTrue) / Double(judgements) }
        }

        public internal(set) var bins: [Bin] = zip(Self.bounds, Self.bounds.dropFirst()).map { Bin(from: $0, to: $1) }

        /// All probabilities together.
        public var whole: Bin {
            bins.reduce(into: Bin(from: 0, to: 1)) {
                $0.judgements += $1.judgements
                $0.cameTrue += $1.cameTrue
                $0.sum += $1.sum
            }
        }

        private static let bounds = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

        mutating func note(_ probability: Double, _ cameTrue: Bool) {
            let index = bins.firstIndex { probability < $0.to } ?? bins.count - 1
            bins[index].judgements += 1
            bins[index].sum += probability
            if cameTrue { bins[index].cameTrue += 1 }
        }
    }

    /// When tags were judged.
    public let times: [Timestamp]
    /// Of the numbers of updates in the ``Calibration/days`` after each of the times.
    public internal(set) var coverage: [Condition: [Coverage]]
    /// By the days within which an update was due.
    public internal(set) var due: [Int: Due] = [:]

    init(times: [Timestamp]) {
        self.times = times
        let none = Array(repeating: Coverage(), count: times.count)
        coverage = Dictionary(uniqueKeysWithValues: Condition.allCases.map { ($0, none) })
    }

    /// All times together.
    public func coverage(of condition: Condition) -> Coverage {
        (coverage[condition] ?? []).reduce(Coverage(), +)
    }
}

extension [CalibrationReport.Coverage] {
    mutating func note(_ index: Int, _ count: Int, within interval: ClosedRange<Int>) {
        if count < interval.lowerBound {
            self[index].below += 1
        } else if count > interval.upperBound {
            self[index].above += 1
        } else {
            self[index].within += 1
        }
    }
}
