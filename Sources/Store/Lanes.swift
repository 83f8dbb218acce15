import LibPQ
public import OCI
public import TagHistory

/// A registry with something to check or to list.
public struct Lane: Sendable {
    public let registryID: Int32
    public let registry: Registry
    /// The earliest of its tags' and listings' times, by the lane's clock.
    public let nextAt: Timestamp
    /// Whether some repository is listed regularly.
    public let hasListings: Bool
    /// Nil where no worker has prepared the lane yet.
    public let schedule: LaneSchedule?
}

/// A registry's budget, as the worker's settings have it.
public struct LaneBudget: Sendable {
    public let registryID: Int32
    /// Infinity where there is no limit.
    public let requestsPerSecond: Double

    public init(registryID: Int32, requestsPerSecond: Double) {
        self.registryID = registryID
        self.requestsPerSecond = requestsPerSecond
    }
}

extension TagStore {
    /// Every registry with something to check, and when.
    public func lanes(at now: Timestamp) async throws -> [Lane] { try await pool.run(SelectLanes(now: now)).rows }

    /// Counts what lanes hold, and steers them: see `LaneSchedule`. For every ten minutes or so; by several workers
    /// without harm.
    public func steer(_ budgets: [LaneBudget], policy: CheckPolicy, at now: Timestamp) async throws {
        for budget in budgets {
            let id = budget.registryID
            if case .fixed(let interval) = policy {
                try await bringForward(registryID: id, interval: interval, at: now)
            }
            try await pool.run(InsertLane(registryID: id, lane: budget.newLane(at: now), now: now))
            guard let (_, counted) = try await pool.first(SelectLaneSchedules(ids: [id])) else { continue }
            // Outside of the transaction: claims wait for the lane's row.
            let load = try await pool.first(CountLane(registryID: id, lane: counted))
            try await pool.retryingTransaction { connection in
                guard var lane = try await connection.first(LockLane(registryID: id)) else { return }
                // By several workers at once only one step.
                let wanted = lane.spacing == counted.spacing ? load?.requestsPerDay : nil
                policy.steer(
                    &lane, tags: load?.tags ?? 0, requestsPerSecond: budget.requestsPerSecond, wanted: wanted, at: now)
                try await connection.run(
                    UpdateLane(
                        registryID: id, lane: lane,
                        meanDelay: policy.meanDelay(
                            adaptive: load?.meanDelay, tags: lane.tags, requestsPerSecond: budget.requestsPerSecond),
                        now: now))
            }
        }
    }

    /// What another policy or a longer interval had put off for longer than an interval is due within one.
    private func bringForward(registryID: Int32, interval: Double, at now: Timestamp) async throws {
        try await pool.retryingTransaction { connection in
            try await connection.run(BringChecksForward(registryID: registryID, interval: interval, now: now))
            try await connection.run(BringListingsForward(registryID: registryID, interval: interval, now: now))
        }
    }
}

extension LaneBudget {
    fileprivate func newLane(at now: Timestamp) -> LaneSchedule {
        LaneSchedule(
            requestsPerDay: LaneSchedule.requestsPerDay(atMost: requestsPerSecond, tags: 1), tags: 1, at: now)
    }
}

extension LaneSchedule {
    static let columns: SQL = "l.spacing, l.clock, l.requests_per_day, l.tags, l.steered_at, l.clock_when_steered"

    /// - Returns: nil for a lane that was not prepared.
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> LaneSchedule? {
        let spacing: Double? = try row.next()
        let clock: Timestamp? = try row.next()
        let requestsPerDay: Double? = try row.next()
        let tags: Int? = try row.next()
        let steeredAt: Timestamp? = try row.next()
        let clockWhenSteered: Timestamp? = try row.next()
        guard let spacing, let clock, let requestsPerDay, let tags, let steeredAt, let clockWhenSteered else {
            return nil
        }
        return LaneSchedule(
            spacing: spacing, clock: clock, requestsPerDay: requestsPerDay, tags: tags, steeredAt: steeredAt,
            clockWhenSteered: clockWhenSteered)
    }
}

/// Two index look-ups per registry instead of a scan over all due tags.
struct SelectLanes: Statement {
    let now: Timestamp
    static let sql: SQL =
        "SELECT g.id, g.name, LEAST(tag.at, listing.at) AS at, listing.at IS NOT NULL, " + LaneSchedule.columns + """
             FROM registries g LEFT JOIN lanes l ON l.registry_id = g.id
            LEFT JOIN LATERAL (
                SELECT c.next_check_at AS at FROM tag_checks c
                WHERE c.registry_id = g.id AND c.next_check_at < 'infinity' ORDER BY c.next_check_at LIMIT 1) tag ON true
            LEFT JOIN LATERAL (
                SELECT s.next_listing_at AS at FROM repository_schedules s
                WHERE s.registry_id = g.id AND s.next_listing_at IS NOT NULL AND s.lister_id IS NULL
                    AND s.list_after <= $1
                ORDER BY s.next_listing_at LIMIT 1) listing ON true
            WHERE tag.at IS NOT NULL OR listing.at IS NOT NULL
            ORDER BY at
            """
    func bind(_ parameters: inout Parameters) { parameters.append(now) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Lane {
        let id: Int32 = try row.next()
        let name: String = try row.next()
        guard let registry = try? Registry(parsing: name) else { throw row.failure("is no registry's name") }
        return Lane(
            registryID: id, registry: registry, nextAt: try row.next(), hasListings: try row.next(),
            schedule: try LaneSchedule.decode(&row))
    }
}

/// Its clock begins with the earliest tag: nothing that is due already comes behind what is tracked from now on.
struct InsertLane: Statement {
    typealias Row = Never
    let registryID: Int32
    let lane: LaneSchedule
    let now: Timestamp
    static let sql: SQL = """
        INSERT INTO lanes (registry_id, spacing, clock, claimed_at, requests_per_day, tags, steered_at,
            clock_when_steered, counted_at)
        SELECT $1, $2, first.at, $3, $4, 1, $3, first.at, $3
        FROM (SELECT LEAST($3, min(c.next_check_at)) AS at FROM tag_checks c WHERE c.registry_id = $1) first
        WHERE NOT EXISTS (SELECT FROM lanes WHERE registry_id = $1)
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        parameters.append(lane.spacing)
        parameters.append(now)
        parameters.append(lane.requestsPerDay)
    }
}

struct LockLane: Statement {
    let registryID: Int32
    static let sql: SQL = "SELECT " + LaneSchedule.columns + " FROM lanes l WHERE l.registry_id = $1 FOR NO KEY UPDATE"
    func bind(_ parameters: inout Parameters) { parameters.append(registryID) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> LaneSchedule {
        guard let lane = try LaneSchedule.decode(&row) else { throw row.failure("is no lane") }
        return lane
    }
}

/// How many tags a lane checks, and the delay that its changes may expect: half a tag's interval, weighed with its rate.
/// Tags that listings answer for count with their lane's number alone.
struct CountLane: Statement {
    struct Row: Sendable {
        let tags: Int
        /// Seconds; nil where nothing is known of any tag.
        let meanDelay: Double?
        /// What its tags would take with their intervals as they are.
        let requestsPerDay: Double
    }
    let registryID: Int32
    let lane: LaneSchedule
    static let sql: SQL = """
        SELECT count(*), sum(c.rate * 43200 * greatest($2, least($3,
                $4 / sqrt(greatest(1e-9, c.rate::float8) * (c.credits + 1) / (c.seen_changes + 1)))))
                FILTER (WHERE c.reason <> 4)
            / nullif(sum(c.rate::float8) FILTER (WHERE c.reason <> 4), 0),
            COALESCE(sum(1 / greatest($2, least($3, $4 / sqrt(greatest(1e-9, COALESCE(c.rate, $5)::float8)
                * (c.credits + 1) / (c.seen_changes + 1))))) FILTER (WHERE c.reason <> 4), 0)
        FROM tag_checks c WHERE c.registry_id = $1 AND c.next_check_at < 'infinity'
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        parameters.append(LaneSchedule.floorDays)
        parameters.append(lane.ceilingDays)
        parameters.append(lane.spacing)
        parameters.append(TagSchedule.firstRate)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        Row(tags: try row.next(), meanDelay: try row.next(), requestsPerDay: try row.next())
    }
}

struct UpdateLane: Statement {
    typealias Row = Never
    let registryID: Int32
    let lane: LaneSchedule
    let meanDelay: Double?
    let now: Timestamp
    static let sql: SQL = """
        UPDATE lanes SET spacing = $2, requests_per_day = $3, tags = $4, steered_at = $5, clock_when_steered = $6,
            mean_delay_seconds = $7, counted_at = $8, clock = $9
        WHERE registry_id = $1
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        parameters.append(lane.spacing)
        parameters.append(lane.requestsPerDay)
        parameters.append(Int32(clamping: lane.tags))
        parameters.append(lane.steeredAt)
        parameters.append(lane.clockWhenSteered)
        parameters.append(meanDelay)
        parameters.append(now)
        parameters.append(lane.clock)
    }
}

/// The sweeps of what listings answer for come after one and a half intervals.
struct BringChecksForward: Statement {
    typealias Row = Never
    let registryID: Int32
    let interval: Double
    let now: Timestamp
    static let sql: SQL = """
        WITH late AS MATERIALIZED (
            SELECT c.tag_id FROM tag_checks c
            WHERE c.registry_id = $1 AND c.next_check_at > $3 + 1.5 * $2 * interval '1 second'
                AND c.next_check_at < 'infinity' AND c.failures = 0
            ORDER BY c.tag_id FOR NO KEY UPDATE OF c SKIP LOCKED)
        UPDATE tag_checks c SET next_check_at = $3 + random() * $2 * interval '1 second' FROM late
        WHERE c.tag_id = late.tag_id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        parameters.append(interval)
        parameters.append(now)
    }
}

struct BringListingsForward: Statement {
    typealias Row = Never
    let registryID: Int32
    let interval: Double
    let now: Timestamp
    static let sql: SQL = """
        UPDATE repository_schedules s SET next_listing_at = $3 + random() * $2 * interval '1 second'
        WHERE s.repository_id IN (
            SELECT r.repository_id FROM repository_schedules r
            WHERE r.registry_id = $1 AND r.next_listing_at > $3 + $2 * interval '1 second' AND r.failures = 0
            FOR NO KEY UPDATE SKIP LOCKED)
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        parameters.append(interval)
        parameters.append(now)
    }
}
