import LibPQ
public import OCI
import TagHistory

/// How an import of Docker Tag Monitor's database ended.
public struct MonitorImport: Sendable {
    public var summary = ImportSummary(observations: 0)
    /// Rows left out.
    public var skipped = 0
    /// What was wrong with the first of them.
    public var problems: [String] = []

    fileprivate mutating func leaveOut(_ problem: String) {
        skipped += 1
        // A bad name is as bad in each of its rows.
        if problems.count < 20, !problems.contains(problem) { problems.append(problem) }
    }
}

/// What is wrong with another program's database.
public struct MonitorError: Error, CustomStringConvertible {
    public let description: String
    /// Whether it may be there and answer at another time.
    public let isPassing: Bool

    fileprivate init(_ description: String) { (self.description, isPassing) = (description, false) }

    /// What is asked of that database, and not of ours.
    fileprivate static func told<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as PostgresError { throw MonitorError(error) }
    }

    fileprivate init(_ error: PostgresError) {
        isPassing = error.isConnectionError
        description =
            switch error.code {
            case .invalidConnectionString: "Docker Tag Monitor's database: \(error.description)"
            case .connectionFailed, .connectionLost:
                "Docker Tag Monitor's database cannot be reached: \(error.description)"
            default: "Docker Tag Monitor's tables cannot be read there: \(error.description)"
            }
    }
}

extension TagStore {
    /// Takes over what Docker Tag Monitor knows: its updates become observations, its images are tracked, and when they
    /// were looked at last stays known. The time of its `last_pushed` belongs to no single change and is left behind.
    ///
    /// One snapshot, read row by row; nothing is written there.
    /// - Parameters:
    ///   - conninfo: libpq's URI or connection string of that database.
    ///   - spool: where the rows of a state of that database wait, which it is given.
    /// - Throws: ``MonitorError`` for the first row that cannot be read, unless these are left out.
    public func importDockerTagMonitor(
        at conninfo: String, skipInvalid: Bool, now: Timestamp, progress: (ImportProgress) -> Void = { _ in },
        spool: (String) async throws -> ImportSpool? = { _ in nil }
    ) async throws -> MonitorImport {
        let monitor = try await Self.monitor(at: conninfo)
        defer { monitor.close() }
        var answer = MonitorImport()
        func parse<Value>(_ row: MonitorRow, _ make: () throws -> Value) throws -> Value? {
            do { return try make() } catch {
                let problem = MonitorError("\(row.name): \(error)")
                guard skipInvalid else { throw problem }
                answer.leaveOut(problem.description)
                return nil
            }
        }
        let state = try await MonitorError.told { try await monitor.first(SelectMonitorState()) } ?? ""
        let summary = try await importObservations(at: now, spool: try await spool(state), progress: progress) {
            let rows = try await MonitorError.told { try await monitor.run(FetchUpdates()).rows }
            return rows.isEmpty ? nil : try rows.compactMap { row in try parse(row) { try row.observation(now: now) } }
        }
        answer.summary = summary
        while case let rows = try await MonitorError.told({ try await monitor.run(FetchImages()).rows }), !rows.isEmpty
        {
            let viewed = try rows.compactMap { row in try parse(row) { (try row.reference, row.time) } }
            let outcome = try await track(viewed.map(\.0), origin: .import, at: now)
            let new = Set(outcome.filter { $0.value == .added }.keys)
            try await pool.run(SetViewed(tags: viewed, new: new, now: now))
        }
        return answer
    }

    /// With its rows at hand.
    private static func monitor(at conninfo: String) async throws -> Connection {
        try await MonitorError.told {
            let monitor = try await Connection.connect(to: conninfo)
            do {
                try await monitor.runScript(
                    """
                    SET TIME ZONE 'UTC';
                    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
                    DECLARE updates NO SCROLL CURSOR FOR
                        SELECT i.endpoint::text, i.image::text, i.tag::text, u.scraped_at::timestamptz, u.digest::text
                        FROM image_update u JOIN image_to_scrape i ON i.id = u.image_id ORDER BY i.id, u.scraped_at;
                    DECLARE images NO SCROLL CURSOR FOR
                        SELECT endpoint::text, image::text, tag::text, last_viewed::timestamptz, NULL::text FROM image_to_scrape
                    """)
            } catch {
                monitor.close()
                throw error
            }
            return monitor
        }
    }
}

struct MonitorRow: Sendable {
    let endpoint: String
    let image: String
    let tag: String
    /// When an update was seen, or an image was looked at.
    let time: Timestamp?
    let digest: String?

    var name: String { PrintableText.excerpt("\(endpoint)/\(image):\(tag)", limit: 200) }

    var reference: TagReference {
        get throws {
            TagReference(
                repository: try Repository(registry: try Registry(parsing: endpoint), path: image),
                tag: try Tag(parsing: tag))
        }
    }

    func observation(now: Timestamp) throws -> ImportRow {
        guard let time, let digest else { throw MonitorError("without a time or a digest") }
        let row = ImportRow(
            reference: try reference,
            observation: Observation(digest: try Digest(parsing: digest), observedAt: time, source: .imported))
        if let mistake = row.mistakeOfTime(at: now) { throw MonitorError("its time \(mistake)") }
        return row
    }

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> MonitorRow {
        MonitorRow(
            endpoint: try row.next(), image: try row.next(), tag: try row.next(), time: try row.next(),
            digest: try row.next())
    }
}

/// What tells this state of this database apart from others, in the transaction that reads it.
struct SelectMonitorState: Statement {
    static let sql: SQL = """
        SELECT concat_ws(' ', current_database(), (SELECT oid FROM pg_database WHERE datname = current_database()),
            count(*), max(scraped_at::timestamptz)) FROM image_update
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> String { try row.next() }
}

struct FetchUpdates: Statement {
    static let sql: SQL = "FETCH 5000 FROM updates"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> MonitorRow { try MonitorRow.decode(&row) }
}

struct FetchImages: Statement {
    static let sql: SQL = "FETCH 5000 FROM images"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> MonitorRow { try MonitorRow.decode(&row) }
}

/// A tag that is new was looked at when the other program said so, and not by being imported.
struct SetViewed: Statement {
    typealias Row = Never
    let tags: [(reference: TagReference, time: Timestamp?)]
    let new: Set<TagReference>
    let now: Timestamp
    static let sql: SQL = """
        UPDATE tags t SET last_viewed_at = i.at
        FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::boolean[]) i (prefix, tag, at, is_new)
        CROSS JOIN LATERAL (SELECT id FROM repositories WHERE prefix = i.prefix OFFSET 0) r
        WHERE t.repository_id = r.id AND t.tag = i.tag AND i.at IS NOT NULL
            AND (t.last_viewed_at < i.at OR t.last_viewed_at IS NULL OR i.is_new OR t.tracked_since = $5)
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(tags.map(\.reference.repository.prefix))
        parameters.append(tags.map(\.reference.tag))
        parameters.append(tags.map(\.time))
        parameters.append(tags.map { new.contains($0.reference) })
        parameters.append(now)
    }
}
