import LibPQ
import OCI
import Synchronization

/// The names of repositories that this process met lately, by number. A repository's name never changes as long as the
/// database is the same, and a thousand tags have nearly as many repositories, whose look-up took a sixth of a claim's time.
final class RepositoryNames: Sendable {
    /// Of some hundred bytes each.
    private static let limit = 100_000
    private let names = Mutex<[Int32: Repository]>([:])

    /// Each one's name, nil where it is not known.
    func known(_ ids: [Int32]) -> [Repository?] { names.withLock { names in ids.map { names[$0] } } }

    func forget() { names.withLock { $0 = [:] } }

    func add(_ new: [Int32: Repository]) {
        names.withLock { names in
            // Which of them are asked for most nobody knows, and they are soon read again.
            if names.count + new.count > Self.limit { names = [:] }
            names.merge(new) { $1 }
        }
    }
}

extension TagStore {
    /// Each one's name.
    func repositories(_ ids: [Int32]) async throws -> [Repository?] {
        let known = names.known(ids)
        let unknown = Set(zip(ids, known).filter { $1 == nil }.map(\.0))
        guard !unknown.isEmpty else { return known }
        let rows = try await keyedReads.run(SelectRepositoryNames(ids: unknown.sorted())).rows
        let new = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0.repository) })
        names.add(new)
        return zip(ids, known).map { $1 ?? new[$0] }
    }
}

struct SelectRepositoryNames: Statement {
    let ids: [Int32]
    static let sql: SQL = """
        SELECT r.id, r.prefix FROM unnest($1::integer[]) i (id) JOIN repositories r ON r.id = i.id
        """
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (id: Int32, repository: Repository) {
        (try row.next(), try .decodePrefix(&row))
    }
}

extension Repository {
    /// What the references of its tags begin with.
    var prefix: String { "\(self):" }

    static func decodePrefix(_ row: inout RowDecoder) throws(PostgresError) -> Repository {
        let prefix: String = try row.next()
        guard prefix.hasSuffix(":"), let repository = try? Repository(parsing: String(prefix.dropLast())) else {
            throw row.failure("is no repository's prefix")
        }
        return repository
    }
}
