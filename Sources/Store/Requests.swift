import LibPQ
public import OCI

/// A check that somebody asked for now.
public struct CheckRequest: Sendable {
    public let id: Int64
    public let reference: TagReference
}

/// How a requested check ended.
public struct CheckReport: Sendable {
    public let reference: TagReference
    public let outcome: CheckOutcome
    public let digest: Digest?
    public let reason: String?
    /// See ``CheckResult/isRefusal``.
    public let isRefusal: Bool
    public let checkedAt: Timestamp
}

extension TagStore {
    /// Asks for a check ahead of the queue, by whichever process the worker runs in.
    /// - Returns: nil where the tag is not tracked.
    public func requestCheck(of reference: TagReference, at now: Timestamp) async throws -> CheckRequest? {
        guard let id = try await pool.first(InsertRequest(reference: reference, now: now)) else { return nil }
        try await pool.run(Notify(signal: .work))
        return CheckRequest(id: id, reference: reference)
    }

    /// Waits for a requested check's end.
    /// - Returns: nil where it did not end in time; it goes on then.
    public func outcome(of request: CheckRequest, within limit: Duration) async throws -> CheckReport? {
        let deadline = ContinuousClock.now + limit
        return try await signals.whileWaiting(for: .outcome) { wakeUp in
            while true {
                if let report = try await pool.first(SelectReport(request: request)) {
                    return CheckReport(
                        reference: request.reference, outcome: report.outcome, digest: report.digest,
                        reason: report.reason, isRefusal: report.isRefusal, checkedAt: report.checkedAt)
                }
                let left = deadline - .now
                guard left > .zero else { return nil }
                try Task.checkCancellation()
                await wakeUp.next(within: min(left, .milliseconds(500)))
            }
        }
    }

    /// Removes requests that ended an hour ago, and those that nobody answered in a day.
    public func forgetRequests(at now: Timestamp) async throws { try await pool.run(DeleteOldRequests(now: now)) }
}

/// The lock on the tag keeps it from being removed unseen at the same time. Who asks for a tag that was never checked
/// has been waiting since it is tracked: a first check that is under way is what they want.
struct InsertRequest: Statement {
    let reference: TagReference
    let now: Timestamp
    static let sql: SQL =
        "WITH tag AS MATERIALIZED (SELECT t.id, t.tracked_since FROM " + TagKeys.tables + " WHERE " + TagKeys.isNamed
            + """
                 AND t.state <> 4 FOR KEY SHARE OF t)
            INSERT INTO check_requests (tag_id, requested_at)
            SELECT tag.id, CASE WHEN c.last_checked_at IS NULL THEN LEAST($2, tag.tracked_since) ELSE $2 END
            FROM tag JOIN tag_checks c ON c.tag_id = tag.id RETURNING id
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(reference)
        parameters.append(now)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int64 { try row.next() }
}

struct SelectReport: Statement {
    struct Row: Sendable {
        let outcome: CheckOutcome
        let digest: Digest?
        let reason: String?
        let isRefusal: Bool
        let checkedAt: Timestamp
    }
    let request: CheckRequest
    static let sql: SQL = """
        SELECT q.outcome, d.digest, q.reason, q.is_refusal, q.finished_at
        FROM check_requests q LEFT JOIN digests d ON d.id = q.digest_id
        WHERE q.id = $1 AND q.finished_at IS NOT NULL
        """
    func bind(_ parameters: inout Parameters) { parameters.append(request.id) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        Row(
            outcome: try row.next(), digest: try row.next(), reason: try row.next(), isRefusal: try row.next(),
            checkedAt: try row.next())
    }
}

struct DeleteOldRequests: Statement {
    typealias Row = Never
    let now: Timestamp
    static let sql: SQL = """
        DELETE FROM check_requests
        WHERE finished_at < $1::timestamptz - interval '1 hour' OR requested_at < $1::timestamptz - interval '1 day'
        """
    func bind(_ parameters: inout Parameters) { parameters.append(now) }
}
