import OCI

extension Life {
    /// A tag that was just seen for the first time.
    static let newTag = Life(events: 0, lastEventDays: 0, ageDays: 0)

    /// λ: updates expected a day now. Idle tags fade by themselves and never reach zero.
    var rate: Double { (Self.r + events) / (Self.alphaDays + ageDays) * alive }
}

extension TagSchedule {
    /// λ of a tag of which nothing is known.
    public static let firstRate = Life.newTag.rate
}

extension Timestamp {
    func advanced(byDays days: Double) -> Timestamp { advanced(bySeconds: days * 86_400) }
}

extension Int16 {
    func addingWithoutOverflow(_ other: Int) -> Int16 { Int16(clamping: Int(self) + other) }
}
