import LibPQ
import OCI
import TagHistory

/// What the schedule knows of a batch of checks, lane by lane.
struct ScheduleBook: Sendable {
    /// By registry.
    var batches: [Int32: ScheduleBatch] = [:]

    subscript(_ registryID: Int32) -> ScheduleBatch? { batches[registryID] }
}

/// One row of `repository_schedules`.
struct RepositoryRow: Sendable {
    let repositoryID: Int32
    let registryID: Int32
    let schedule: RepositorySchedule
    let isListed: Bool

    static let columns: SQL = """
        s.repository_id, s.registry_id, s.burst, s.burst_started_at, s.last_change_at, s.leader,
        s.next_listing_at IS NOT NULL
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> RepositoryRow {
        let repositoryID: Int32 = try row.next()
        let registryID: Int32 = try row.next()
        var schedule = RepositorySchedule()
        schedule.burst = try row.next()
        schedule.burstStartedAt = try row.next()
        schedule.lastChangeAt = try row.next()
        schedule.leader = try row.next()
        return RepositoryRow(
            repositoryID: repositoryID, registryID: registryID, schedule: schedule, isListed: try row.next())
    }
}

extension Connection {
    /// - Parameter locking: repositories in which something is to be written; their rows are made and locked.
    func scheduleBook(
        registries: Set<Int32>, repositories: Set<Int32>, locking: [(registryID: Int32, repositoryID: Int32)] = [],
        policy: CheckPolicy, at now: Timestamp
    ) async throws -> ScheduleBook {
        let locked = Set(locking.map(\.repositoryID))
        var rows: [RepositoryRow] = []
        if !locking.isEmpty {
            try await run(InsertRepositorySchedules(places: locking.sorted { $0.repositoryID < $1.repositoryID }))
            rows = try await run(LockRepositorySchedules(ids: locked.sorted())).rows
        }
        let others = repositories.subtracting(locked)
        if !others.isEmpty { rows += try await run(SelectRepositorySchedules(ids: others.sorted())).rows }
        let lanes = Dictionary(
            uniqueKeysWithValues: try await run(SelectLaneSchedules(ids: registries.sorted())).rows.map {
                ($0.registryID, $0.lane)
            })
        let byRegistry = Dictionary(grouping: rows, by: \.registryID)
        var book = ScheduleBook()
        for id in registries {
            let rows = byRegistry[id] ?? []
            book.batches[id] = ScheduleBatch(
                policy: policy, lane: lanes[id] ?? LaneSchedule(requestsPerDay: 86_400, tags: 1, at: now),
                repositories: Dictionary(uniqueKeysWithValues: rows.map { ($0.repositoryID, $0.schedule) }),
                listed: Set(rows.filter(\.isListed).map(\.repositoryID)))
        }
        return book
    }

    /// Writes what a batch made of repositories, brings forward the checks of the siblings of what changed, and credits
    /// the tags that revealed it.
    /// - Parameter recorded: the batch's own tags, whose rows are written already.
    func write(_ book: ScheduleBook, changed: Set<Int32>, recorded: Set<Int32>) async throws {
        for batch in book.batches.values {
            let repositories = batch.repositories.filter { changed.contains($0.key) }.sorted { $0.key < $1.key }
            if !repositories.isEmpty {
                try await run(UpdateRepositorySchedules(rows: repositories.map { ($0.key, $0.value) }))
            }
            for repository in batch.bursting.sorted() where batch.policy == .adaptive {
                let siblings = try await run(SelectSiblings(repositoryID: repository)).rows
                let moved = batch.boost(siblings.filter { !recorded.contains($0.tagID) }, of: repository)
                if !moved.isEmpty { try await run(UpdateBoosted(tags: moved)) }
            }
            if !batch.credits.isEmpty {
                try await run(AddCredits(credits: batch.credits.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
            }
        }
    }
}

struct SelectLaneSchedules: Statement {
    let ids: [Int32]
    static let sql: SQL =
        "SELECT l.registry_id, " + LaneSchedule.columns + " FROM lanes l WHERE l.registry_id = ANY ($1)"
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (registryID: Int32, lane: LaneSchedule) {
        let id: Int32 = try row.next()
        guard let lane = try LaneSchedule.decode(&row) else { throw row.failure("is no lane") }
        return (id, lane)
    }
}

struct SelectRepositorySchedules: Statement {
    let ids: [Int32]
    static let sql: SQL =
        "SELECT " + RepositoryRow.columns + " FROM repository_schedules s WHERE s.repository_id = ANY ($1)"
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> RepositoryRow {
        try RepositoryRow.decode(&row)
    }
}

struct InsertRepositorySchedules: Statement {
    typealias Row = Never
    let places: [(registryID: Int32, repositoryID: Int32)]
    static let sql: SQL = """
        INSERT INTO repository_schedules (registry_id, repository_id)
        SELECT DISTINCT i.registry_id, i.repository_id FROM unnest($1::integer[], $2::integer[]) i (registry_id, repository_id)
        WHERE NOT EXISTS (SELECT FROM repository_schedules s WHERE s.repository_id = i.repository_id)
        ORDER BY 2 ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(places.map(\.registryID))
        parameters.append(places.map(\.repositoryID))
    }
}

struct LockRepositorySchedules: Statement {
    let ids: [Int32]
    static let sql: SQL =
        "SELECT " + RepositoryRow.columns + """
             FROM repository_schedules s WHERE s.repository_id = ANY ($1)
            ORDER BY s.repository_id FOR NO KEY UPDATE
            """
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> RepositoryRow {
        try RepositoryRow.decode(&row)
    }
}

struct UpdateRepositorySchedules: Statement {
    typealias Row = Never
    let rows: [(id: Int32, schedule: RepositorySchedule)]
    static let sql: SQL = """
        UPDATE repository_schedules s SET burst = i.burst, burst_started_at = i.started_at,
            last_change_at = i.changed_at, leader = i.leader
        FROM unnest($1::integer[], $2::smallint[], $3::timestamptz[], $4::timestamptz[], $5::integer[])
            i (id, burst, started_at, changed_at, leader)
        WHERE s.repository_id = i.id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(rows.map(\.id))
        parameters.append(rows.map(\.schedule.burst))
        parameters.append(rows.map(\.schedule.burstStartedAt))
        parameters.append(rows.map(\.schedule.lastChangeAt))
        parameters.append(rows.map(\.schedule.leader))
    }
}

/// A repository's tags that are checked one by one. What is being checked or recorded at the moment is left out: who waited
/// for it here would hold the repository's row meanwhile. So is what the same batch sees for the first time: its tag's row is
/// written last.
struct SelectSiblings: Statement {
    let repositoryID: Int32
    static let sql: SQL =
        "SELECT c.tag_id, " + TagSchedule.columns + """
             FROM tags t JOIN tag_checks c ON c.tag_id = t.id
            WHERE t.repository_id = $1 AND c.first_seen_at IS NOT NULL AND c.rate IS NOT NULL AND c.reason <> 4 AND c.next_check_at < 'infinity'
            ORDER BY c.tag_id FOR NO KEY UPDATE OF c SKIP LOCKED
            """
    func bind(_ parameters: inout Parameters) { parameters.append(repositoryID) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (tagID: Int32, schedule: TagSchedule) {
        let id: Int32 = try row.next()
        guard let schedule = try TagSchedule.decode(&row) else { throw row.failure("is no schedule of a tag") }
        return (id, schedule)
    }
}

struct UpdateBoosted: Statement {
    typealias Row = Never
    let tags: [(tagID: Int32, schedule: TagSchedule)]
    static let sql: SQL = """
        UPDATE tag_checks c SET next_check_at = i.next_at, reason = i.reason
        FROM unnest($1::integer[], $2::timestamptz[], $3::smallint[]) i (tag_id, next_at, reason)
        WHERE c.tag_id = i.tag_id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(tags.map(\.tagID))
        parameters.append(tags.map(\.schedule.nextCheckAt))
        parameters.append(tags.map(\.schedule.reason))
    }
}

/// A credit is lost where its tag is being recorded at the moment; there will be others.
struct AddCredits: Statement {
    typealias Row = Never
    let credits: [(tagID: Int32, number: Int)]
    static let sql: SQL = """
        WITH mine AS MATERIALIZED (
            SELECT c.tag_id, i.number FROM unnest($1::integer[], $2::integer[]) i (tag_id, number)
            JOIN tag_checks c ON c.tag_id = i.tag_id
            ORDER BY c.tag_id FOR NO KEY UPDATE OF c SKIP LOCKED)
        UPDATE tag_checks c SET credits = LEAST(32767, c.credits + mine.number) FROM mine WHERE c.tag_id = mine.tag_id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(credits.map(\.tagID))
        parameters.append(credits.map { Int32(clamping: $0.number) })
    }
}
