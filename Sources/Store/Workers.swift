import LibPQ
public import OCI

/// A worker's presence: a database session that holds an advisory lock on the worker's number.
///
/// What the worker claimed is free again as soon as that session is gone, however the worker ended.
public final class WorkerSession: Sendable {
    public let id: Int32
    let connection: Connection

    init(id: Int32, connection: Connection) {
        self.id = id
        self.connection = connection
    }

    /// False once the session was lost: claims made under it belong to nobody.
    public var isAlive: Bool { connection.isOpen }

    /// Returns when the session is lost, or the task cancelled. For one task.
    public func lost() async {
        guard let notifications = try? await connection.notifications(on: []) else { return }
        for await _ in notifications {}
    }

    /// Gives back everything that is still claimed.
    public func end() async {
        // Also from a task that is cancelled: then this is all the more wanted.
        await Task { [id, connection] in _ = try? await connection.run(EndWorker(id: id)) }.value
        connection.close()
    }
}

extension TagStore {
    public func beginWorker(name: String, at now: Timestamp) async throws -> WorkerSession {
        let connection = try await pool.dedicatedConnection()
        // Where the session was lost, a backup or another server may be there in the database's place.
        names.forget()
        guard let id = try await connection.first(InsertWorker(name: name, now: now)) else {
            throw PostgresError(.misuse, "the database gave no number to this worker")
        }
        return WorkerSession(id: id, connection: connection)
    }
}

/// The lock is taken in the statement that makes the row visible, so no other worker sees one without the other.
struct InsertWorker: Statement {
    let name: String
    let now: Timestamp
    static let sql: SQL = """
        WITH worker AS (INSERT INTO workers (name, started_at) VALUES ($1, $2) RETURNING id)
        SELECT id FROM worker, LATERAL pg_advisory_lock(7627108, id)
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(name)
        parameters.append(now)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}

struct EndWorker: Statement {
    typealias Row = Never
    let id: Int32
    static let sql: SQL = """
        WITH ended AS (DELETE FROM workers WHERE id = $1 RETURNING id),
        unlisted AS (
            UPDATE repository_schedules s SET lister_id = NULL, lister_until = NULL FROM ended
            WHERE s.lister_id = ended.id)
        DELETE FROM claims c USING ended WHERE c.worker_id = ended.id
        """
    func bind(_ parameters: inout Parameters) { parameters.append(id) }
}

/// The numbers of the workers whose session lives. A lock of two 32-bit keys has `objsubid` 2 and shows them as
/// unsigned `oid`s. Source: https://www.postgresql.org/docs/15/view-pg-locks.html
private let livingWorkers: SQL = """
    SELECT objid::bigint AS id FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 7627108 AND objsubid = 2 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """

/// Frees the claims and listings of workers whose session is gone, and those that expired. What another transaction is
/// giving back at the moment is left to it.
struct FreeLostClaims: Statement {
    typealias Row = Never
    let now: Timestamp
    static let sql: SQL =
        "WITH alive AS MATERIALIZED (" + livingWorkers + """
            ), gone AS (
                DELETE FROM workers WHERE id IN (
                    SELECT w.id FROM workers w WHERE w.id NOT IN (SELECT id FROM alive) FOR UPDATE SKIP LOCKED)),
            unlisted AS (
                UPDATE repository_schedules s SET lister_id = NULL, lister_until = NULL
                WHERE s.repository_id IN (
                    SELECT r.repository_id FROM repository_schedules r
                    WHERE r.lister_id IS NOT NULL
                        AND (r.lister_until < $1 OR r.lister_id NOT IN (SELECT id FROM alive))
                    FOR NO KEY UPDATE SKIP LOCKED)),
            lost AS MATERIALIZED (
                SELECT c.id FROM claims c WHERE c.expires_at < $1 OR c.worker_id NOT IN (SELECT id FROM alive)
                FOR UPDATE SKIP LOCKED)
            DELETE FROM claims c USING lost WHERE c.id = lost.id
            """
    func bind(_ parameters: inout Parameters) { parameters.append(now) }
}

public struct WorkerInfo: Sendable {
    public let id: Int32
    public let name: String
    public let startedAt: Timestamp
}

struct SelectWorkers: Statement {
    static let sql: SQL =
        "SELECT w.id, w.name, w.started_at FROM workers w WHERE w.id IN (" + livingWorkers + ") ORDER BY w.id"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> WorkerInfo {
        WorkerInfo(id: try row.next(), name: try row.next(), startedAt: try row.next())
    }
}

extension TagStore {
    /// The workers whose session lives now.
    public func workers() async throws -> [WorkerInfo] { try await pool.run(SelectWorkers()).rows }
}
