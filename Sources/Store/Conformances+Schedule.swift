import LibPQ
import OCI
public import TagHistory

extension TagSchedule.Reason: StoredAsNumber {}

extension TagSchedule {
    /// The columns of a tag's row `c` in the order in which ``decode(_:)`` reads them.
    static let columns: SQL = """
        c.first_seen_at, greatest(c.last_succeeded_at, c.last_missing_at), NULLIF(c.next_check_at, 'infinity'), c.events,
        c.last_event_days, c.rate, c.seen_changes, c.credits, c.first_burst, c.last_burst, c.reason
        """

    /// - Returns: nil where nothing is known of the tag's history, or not its present form.
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TagSchedule? {
        let firstSeenAt: Timestamp? = try row.next()
        let lastCheckAt: Timestamp? = try row.next()
        let nextCheckAt: Timestamp? = try row.next()
        let events: Float = try row.next()
        let lastEventDays: Float = try row.next()
        let rate: Float? = try row.next()
        let changes: Int16 = try row.next()
        let credits: Int16 = try row.next()
        let firstBurst: Int16 = try row.next()
        let lastBurst: Int16 = try row.next()
        let reason: Reason = try row.next()
        guard let firstSeenAt, let lastCheckAt, let rate else { return nil }
        return TagSchedule(
            firstSeenAt: firstSeenAt, lastCheckAt: lastCheckAt, nextCheckAt: nextCheckAt ?? lastCheckAt, events: events,
            lastEventDays: lastEventDays, rate: rate, changes: changes, credits: credits, firstBurst: firstBurst,
            lastBurst: lastBurst, reason: reason)
    }
}
