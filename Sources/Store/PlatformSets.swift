import LibPQ
import OCI

extension Connection {
    /// The identifiers of platforms, made where they are new.
    func platformIDs(of platforms: Set<Platform>) async throws -> [Platform: Int32] {
        guard !platforms.isEmpty else { return [:] }
        let names = platforms.map(\.description).sorted()
        var known = try await run(SelectPlatformIDs(names: names)).rows
        if known.count < names.count {
            try await run(InsertPlatforms(names: names))
            known = try await run(SelectPlatformIDs(names: names)).rows
        }
        return Dictionary(
            known.compactMap { name, id in Platform(parsing: name).map { ($0, id) } }, uniquingKeysWith: { $1 })
    }

    /// The identifiers of sets of platforms, made where they are new; none for the empty set.
    func platformSetIDs(of sets: Set<[Platform]>) async throws -> [[Platform]: Int32] {
        let sets = sets.filter { !$0.isEmpty }
        guard !sets.isEmpty else { return [:] }
        let ids = try await platformIDs(of: Set(sets.joined()))
        var literals: [[Platform]: String] = [:]
        for set in sets {
            literals[set] = "{" + Set(set.compactMap { ids[$0] }).sorted().map(String.init).joined(separator: ",") + "}"
        }
        let texts = Set(literals.values).sorted()
        var known = try await run(SelectPlatformSetIDs(literals: texts)).rows
        if known.count < texts.count {
            try await run(InsertPlatformSets(literals: texts))
            known = try await run(SelectPlatformSetIDs(literals: texts)).rows
        }
        let setIDs = Dictionary(known.map { ($0.literal, $0.id) }, uniquingKeysWith: { $1 })
        return literals.compactMapValues { setIDs[$0] }
    }
}

struct InsertPlatforms: Statement {
    typealias Row = Never
    let names: [String]
    static let sql: SQL = """
        INSERT INTO platforms (name)
        SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM platforms p WHERE p.name = n)
        ORDER BY n COLLATE "C"
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) { parameters.append(names) }
}

struct SelectPlatformIDs: Statement {
    let names: [String]
    static let sql: SQL = "SELECT name, id FROM platforms WHERE name = ANY ($1)"
    func bind(_ parameters: inout Parameters) { parameters.append(names) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (name: String, id: Int32) {
        (try row.next(), try row.next())
    }
}

/// Arrays of arrays have to be of one length, so each set comes as its text.
struct InsertPlatformSets: Statement {
    typealias Row = Never
    let literals: [String]
    static let sql: SQL = """
        INSERT INTO platform_sets (platforms)
        SELECT n.platforms FROM (SELECT l::integer[] AS platforms FROM unnest($1::text[]) l) n
        WHERE NOT EXISTS (SELECT FROM platform_sets s WHERE s.platforms = n.platforms)
        ORDER BY n.platforms
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) { parameters.append(literals) }
}

struct SelectPlatformSetIDs: Statement {
    let literals: [String]
    static let sql: SQL = """
        SELECT l, s.id FROM unnest($1::text[]) l JOIN platform_sets s ON s.platforms = l::integer[]
        """
    func bind(_ parameters: inout Parameters) { parameters.append(literals) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (literal: String, id: Int32) {
        (try row.next(), try row.next())
    }
}
