import LibPQ
public import OCI

/// What a registry offers under a repository, as far as somebody asked.
public struct OfferedTags: Sendable, Hashable {
    /// In the order of their names; empty where no listing came to its end.
    public let tags: [Tag]
    public let listedAt: Timestamp?
    /// The registry has no such repository, or shows it to nobody.
    public let isMissing: Bool
    /// Why the last listing failed; nil where it did not. Cleaned text, safe to show.
    public let failure: String?
    /// A worker is to list it, or does so now.
    public let isWanted: Bool
}

/// How a listing ended that somebody asked for.
public enum OfferedListing: Sendable, Hashable {
    case tags([Tag])
    case missing
    /// Cleaned text, safe to show.
    case failed(String)
}

extension TagStore {
    /// How many repositories are kept at once: what visitors can make us keep is bounded.
    static let mostOffered = 1_000
    /// Seconds for which a listing is good, and in which a failed one is not tried again.
    private static let (freshFor, retryAfter) = (600.0, 60.0)

    /// What is known already; nil where nobody asked lately.
    public func offeredTags(of repository: Repository, at now: Timestamp) async throws -> OfferedTags? {
        guard let row = try await pool.first(SelectOffered(repository: repository)) else { return nil }
        return row.isFresh(at: now, freshFor: Self.freshFor, retryAfter: Self.retryAfter) ? row.offered : nil
    }

    /// Asks for a repository's tags, by whichever process the worker runs in, and waits for them.
    /// - Returns: what is known when the time is over; nil where too many others are asked for.
    public func askOfferedTags(
        of repository: Repository, at now: Timestamp, within limit: Duration
    ) async throws -> OfferedTags? {
        let asking = AskOffered(
            repository: repository, now: now, triedBefore: now.advanced(bySeconds: -Self.retryAfter),
            listedBefore: now.advanced(bySeconds: -Self.freshFor))
        guard try await pool.run(asking).affected > 0 else { return nil }
        try await pool.run(Notify(signal: .work))
        let deadline = ContinuousClock.now + limit
        return try await signals.whileWaiting(for: .outcome) { wakeUp in
            while true {
                let row = try await pool.first(SelectOffered(repository: repository))
                let left = deadline - .now
                guard let row, row.offered.isWanted, left > .zero else { return row?.offered }
                try Task.checkCancellation()
                await wakeUp.next(within: min(left, .milliseconds(500)))
            }
        }
    }

    /// The repository that was asked for first, for a worker to list.
    /// - Parameter lease: seconds after which another may take it.
    public func claimOffered(lease: Double, at now: Timestamp) async throws -> Repository? {
        try await pool.first(ClaimOffered(now: now, until: now.advanced(bySeconds: lease)))
    }

    /// Notes how it went, for those who wait.
    public func noteOffered(_ listing: OfferedListing, of repository: Repository, at now: Timestamp) async throws {
        try await pool.run(UpdateOffered(repository: repository, listing: listing, now: now))
        try await pool.run(Notify(signal: .outcome))
    }

    /// Removes what nobody asked for in the last hour.
    public func forgetOffered(at now: Timestamp) async throws {
        try await pool.run(DeleteOffered(before: now.advanced(bySeconds: -3_600)))
    }
}

struct SelectOffered: Statement {
    struct Row: Sendable {
        let offered: OfferedTags
        let triedAt: Timestamp?

        func isFresh(at now: Timestamp, freshFor: Double, retryAfter: Double) -> Bool {
            if offered.failure != nil, let triedAt { return now.seconds(since: triedAt) < retryAfter }
            return (triedAt ?? offered.listedAt).map { now.seconds(since: $0) < freshFor } ?? false
        }
    }
    let repository: Repository
    static let sql: SQL = """
        SELECT names, listed_at, is_missing, failure, is_wanted, tried_at FROM offered_tags WHERE repository = $1
        """
    func bind(_ parameters: inout Parameters) { parameters.append(repository.description) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        let names: String? = try row.next()
        let offered = OfferedTags(
            tags: (names ?? "").split(separator: " ").compactMap { try? Tag(parsing: String($0)) },
            listedAt: try row.next(), isMissing: try row.next(), failure: try row.next(), isWanted: try row.next())
        return Row(offered: offered, triedAt: try row.next())
    }
}

struct AskOffered: Statement {
    typealias Row = Never
    let repository: Repository
    let now: Timestamp
    let triedBefore: Timestamp
    let listedBefore: Timestamp
    static let sql: SQL = """
        INSERT INTO offered_tags AS o (repository, asked_at)
        SELECT $1, $2 WHERE EXISTS (SELECT FROM offered_tags WHERE repository = $1)
            OR (SELECT count(*) FROM offered_tags) < $5
        ON CONFLICT (repository) DO UPDATE SET asked_at = $2, is_wanted = o.is_wanted OR o.tried_at IS NULL
            OR o.tried_at < CASE WHEN o.failure IS NULL THEN $4::timestamptz ELSE $3 END
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repository.description)
        parameters.append(now)
        parameters.append(triedBefore)
        parameters.append(listedBefore)
        parameters.append(TagStore.mostOffered)
    }
}

struct ClaimOffered: Statement {
    let now: Timestamp
    let until: Timestamp
    static let sql: SQL = """
        UPDATE offered_tags SET claimed_until = $2 WHERE repository = (
            SELECT repository FROM offered_tags WHERE is_wanted AND claimed_until <= $1
            ORDER BY asked_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING repository
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(now)
        parameters.append(until)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Repository {
        let text: String = try row.next()
        guard let repository = try? Repository(parsing: text) else { throw row.failure("is no repository's name") }
        return repository
    }
}

/// What was listed before stays while a listing fails.
struct UpdateOffered: Statement {
    typealias Row = Never
    let repository: Repository
    let listing: OfferedListing
    let now: Timestamp
    static let sql: SQL = """
        UPDATE offered_tags SET tried_at = $2, claimed_until = '-infinity', is_wanted = false, is_missing = $3,
            failure = $5, listed_at = CASE WHEN $5::text IS NULL AND NOT $3 THEN $2 ELSE listed_at END,
            names = CASE WHEN $3 THEN NULL ELSE COALESCE($4, names) END
        WHERE repository = $1
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repository.description)
        parameters.append(now)
        parameters.append(listing == .missing)
        if case .tags(let tags) = listing {
            parameters.append(
                Set(tags).map(\.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                    .joined(separator: " "))
        } else {
            parameters.append(String?.none)
        }
        if case .failed(let reason) = listing {
            parameters.append(reason)
        } else {
            parameters.append(String?.none)
        }
    }
}

struct DeleteOffered: Statement {
    typealias Row = Never
    let before: Timestamp
    static let sql: SQL = "DELETE FROM offered_tags WHERE asked_at < $1"
    func bind(_ parameters: inout Parameters) { parameters.append(before) }
}
