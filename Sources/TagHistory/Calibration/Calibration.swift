import OCI

/// Do the statistics foretell what happens? All tags of a trace are checked every six hours; at several times what is known
/// then is compared with what comes after.
public struct Calibration: Sendable {
    /// For how long updates are foretold.
    public static let days = 180
    /// Seconds between two checks of a tag.
    public static let checkInterval: Int64 = 21_600
    /// The first judgement has a year to look back on, the last one half a year to come true.
    static let lookBackDays = 365
    static let judgements = 12

    let trace: Trace

    public init(trace: Trace) { self.trace = trace }

    /// Seconds since 1970 at which tags are judged; none where the trace is too short.
    var times: [Int64] {
        let first = trace.start + Int64(Self.lookBackDays) * 86_400
        let last = trace.end - Int64(Self.days) * 86_400
        guard last >= first else { return [] }
        return (0..<Self.judgements).map { first + (last - first) * Int64($0) / Int64(Self.judgements - 1) }
    }

    /// - Parameter progress: is told now and then which share is done, and may end it by an error.
    /// - Throws: what `progress` throws.
    public func run(progress: (Double) throws -> Void = { _ in }) rethrows -> CalibrationReport {
        let times = times
        var report = CalibrationReport(times: times.map { Timestamp(seconds: $0) })
        let digests = Self.digests(trace)
        for number in 0..<trace.tags {
            if number.isMultiple(of: 1_000) { try progress(Double(number) / Double(trace.tags)) }
            let tag = TracedTag(number, of: trace, interval: Self.checkInterval, digests: digests)
            for (index, time) in times.enumerated() where tag.listed < time {
                judge(tag, number, at: time, index, &report)
            }
        }
        try progress(1)
        return report
    }

    private func judge(_ tag: TracedTag, _ number: Int, at time: Int64, _ index: Int, _ report: inout CalibrationReport)
    {
        let statistics = tag.statistics(at: time)
        guard let predicted = PredictedCount(statistics, days: Double(Self.days)) else { return }
        let half = Int64(Self.days) * 86_400
        let isSteady = trace.isListed(number, from: time - half, until: time + half)
        let isUpdated = statistics.updatesInWindow > 0
        let interval = predicted.interval95
        let updates = tag.updates(after: time, days: Double(Self.days))
        for condition in CalibrationReport.Condition.allCases
        where condition.holds(isSteady: isSteady, isUpdated: isUpdated) {
            report.coverage[condition]?.note(index, updates, within: interval)
        }
        for (days, probability) in [
            (7, statistics.dueWithin.days7), (14, statistics.dueWithin.days14), (30, statistics.dueWithin.days30),
        ] {
            guard let probability else { continue }
            report.due[days, default: .init()].note(probability, tag.updates(after: time, days: Double(days)) > 0)
        }
    }

    /// A digest for each that one tag may bear.
    private static func digests(_ trace: Trace) -> [Digest] {
        let most = (0..<trace.tags).map { trace.endOfChanges(of: $0) - Int(trace.firstChange[$0]) }.max() ?? 0
        return (0...most).compactMap { number in
            let bytes = withUnsafeBytes(of: UInt64(number).bigEndian, Array.init)
            return try? Digest(bytes: bytes + Array(repeating: 0, count: 24))
        }
    }
}
