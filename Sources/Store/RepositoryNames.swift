import LibPQ
import OCI
import Synchronization

/// The names of repositories that this process met lately, by number. A repository's name never changes, and a thousand
/// tags have nearly as many repositories, whose look-up took a sixth of a claim's time.
final class RepositoryNames: Sendable {
    /// Of some hundred bytes each.
    private static let limit = 100_000
    private let names = Mutex<[Int32: Repository]>([:])

    /// What is known of these.
    func known(_ ids: Set<Int32>) -> [Int32: Repository] {
        names.withLock { names in
            var known: [Int32: Repository] = [:]
            known.reserveCapacity(ids.count)
            for id in ids { known[id] = names[id] }
            return known
        }
    }

    func add(_ new: [Int32: Repository]) {
        names.withLock { names in
            // Which of them are asked for most nobody knows, and they are soon read again.
            if names.count + new.count > Self.limit { names = [:] }
            names.merge(new) { $1 }
        }
    }
}

extension TagStore {
    /// By their numbers.
    func repositories(_ ids: Set<Int32>) async throws -> [Int32: Repository] {
        var known = names.known(ids)
        let unknown = ids.filter { known[$0] == nil }
        guard !unknown.isEmpty else { return known }
        let rows = try await keyedReads.run(SelectRepositoryNames(ids: unknown.sorted())).rows
        let new = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0.repository) })
        names.add(new)
        known.merge(new) { $1 }
        return known
    }
}

struct SelectRepositoryNames: Statement {
    let ids: [Int32]
    static let sql: SQL = """
        SELECT r.id, g.name, r.path FROM repositories r JOIN registries g ON g.id = r.registry_id WHERE r.id = ANY ($1)
        """
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (id: Int32, repository: Repository) {
        let id: Int32 = try row.next()
        let (registry, path): (String, String) = (try row.next(), try row.next())
        guard let repository = try? Repository(parsing: registry + "/" + path) else {
            throw row.failure("is no repository's name")
        }
        return (id, repository)
    }
}
