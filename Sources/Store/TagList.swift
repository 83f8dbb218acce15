import LibPQ
import OCI

/// A page of tags by one of the sort orders; keyset paging by (sort key, id), so that deep pages cost no more.
///
/// Only the conditions that are asked for stand in the text: with `$1 IS NULL OR …` no index could be used.
struct SelectTags: Statement {
    /// Where tags are looked for.
    enum Reading {
        /// In the whole list, as far as the page needs.
        case all
        /// Among so many of the list's first rows.
        case first(Int64)
        /// By the indexes on parts of names.
        case index
        /// The same, but repositories are read in the order of their names, as far as the page needs.
        case repositories
    }

    let query: TagQuery
    let reading: Reading
    let search: SearchText
    let after: (key: SortKey, id: Int32)?

    init(_ query: TagQuery, _ reading: Reading = .all) throws {
        self.query = query
        self.reading = reading
        search = SearchText(query.text)
        guard let text = query.cursor else {
            // Everything that is known stands behind the last one that is not.
            after = query.part == .known ? SortKey.unknown(query.sort).map { ($0, .max) } : nil
            return
        }
        guard let cursor = Cursor(text, kind: Self.cursorKind(query), count: 2), let id = Int32(cursor.values[1]),
            let key = SortKey(cursor: cursor.values[0], for: query.sort)
        else { throw StoreError.invalidCursor }
        after = (key, id)
    }

    static func cursorKind(_ query: TagQuery) -> String { query.sort.rawValue + (query.descending ? "-" : "+") }

    static let sql: SQL = ""
    /// What most ask for: a plan for these values would take as long as the search.
    var isPrepared: Bool {
        query.cursor == nil && scope == nil && query.state == nil && query.rhythm == nil && query.part == .all
            && query.descending == (query.sort != .name)
    }
    var sql: SQL {
        let key = Self.column(query.sort)
        let comparison: SQL = query.descending ? " < " : " > "
        var condition = Self.condition(query.state)
        if query.part == .unknown { condition = condition + " AND " + key + " = " + Self.unknown(query.sort) }
        if query.rhythm != nil { condition = condition + " AND t.rhythm = $8" }
        // What is walked through begins behind the cursor and stays within the scope by itself.
        if !walksNames {
            let place: SQL = isByName ? "(r.prefix, t.tag)" : "(" + key + ", t.id)"
            if after != nil { condition = condition + " AND " + place + comparison + "($5, $6)" }
            if scope != nil { condition = condition + " AND " + Self.scope }
        }
        return select(
            condition, order: isByName ? nameOrder("r") : " ORDER BY " + key + direction + ", t.id" + direction)
    }

    private func nameOrder(_ repository: SQL) -> SQL {
        " ORDER BY " + repository + ".prefix" + direction + ", t.tag" + direction
    }

    var direction: SQL { query.descending ? " DESC" : "" }

    private func select(_ condition: SQL, order: SQL) -> SQL {
        let columns = "t.id, " + Self.text(query.sort)
        // As the list's rows name it. By the expression itself PostgreSQL would sort again what is sorted, and read to the
        // end what it may leave.
        let listedOrder =
            isByName ? nameOrder("t") : " ORDER BY t.sort_key" + direction + ", t.id" + direction
        switch reading {
        case .all:
            // In order, as far as the page needs.
            let text: SQL = query.text.isEmpty ? "" : " AND " + Self.holdsText
            return "SELECT true, " + columns
                + listed(condition, text, order, limit: isOfNames ? " OFFSET 0" : " LIMIT $1")
                + listedOrder + " LIMIT $1"
        case .first:
            return "SELECT true, " + columns + listed(condition, "", order, limit: " LIMIT $9")
                + " WHERE lower(t.prefix || t.tag) LIKE $2" + listedOrder + " LIMIT $1"
        case .index, .repositories:
            // Apart from the order, or an index in that order would be read to its end instead.
            let sorted = isByName ? listedOrder : order
            return "WITH " + found(condition, order)
                + ", few AS MATERIALIZED (SELECT count(*) <= " + Self.sortable + " AS are_few FROM found), "
                + "t AS MATERIALIZED (SELECT t.* FROM found t JOIN few ON are_few"
                + (decidesByName ? " CROSS JOIN LATERAL (SELECT t.prefix) r" : "") + " WHERE " + condition + order
                + " LIMIT $1) SELECT are_few, " + columns + " FROM t RIGHT JOIN few ON true" + sorted
        }
    }

    static let holdsText: SQL = "lower(r.prefix || t.tag) LIKE $2"

    /// The list's rows, as `t`.
    private func listed(_ condition: SQL, _ text: SQL, _ order: SQL, limit: SQL) -> SQL {
        if isOfNames {
            // Where names alone decide, they are read from their index and not from the table.
            return " FROM (SELECT r.prefix, t.*" + walk("t.repository_id, t.tag", "true", text, limit)
                + ") n JOIN tags named ON named.repository_id = n.repository_id AND named.tag = n.tag AND named.state <> 4 "
                + "CROSS JOIN LATERAL (SELECT named.id, n.prefix, n.tag) t"
        }
        if walksNames { return " FROM (SELECT r.prefix, t.*" + walk("t.*", condition, text, limit) + ") t" }
        // What names decide is searched from either side; where only a text is looked for in them, each row's is looked up.
        let tables: SQL =
            decidesByName
            ? ", r.prefix FROM " + TagKeys.tables
            : query.text.isEmpty ? " FROM tags t" : ", r.prefix FROM tags t" + Self.namesOfRows
        return " FROM (SELECT t.*" + (isByName ? "" : ", " + Self.column(query.sort) + " AS sort_key") + tables
            + " WHERE " + condition + text + order + limit + ") t"
    }

    /// Tags in the order of their names: a repository's after another's, none of them more than the page needs.
    private func walk(_ columns: SQL, _ condition: SQL, _ text: SQL, _ limit: SQL) -> SQL {
        let repositories: SQL = scope == nil ? "true" : Self.scope
        return " FROM (SELECT r.id, r.prefix FROM repositories r WHERE " + repositories + behind.repositories
            + " ORDER BY r.prefix" + direction + ") r CROSS JOIN LATERAL (SELECT " + columns
            + " FROM tags t WHERE t.repository_id = r.id AND " + condition + behind.tags + text + " ORDER BY t.tag"
            + direction + limit + ") t" + nameOrder("r") + limit
    }

    /// What stands behind the cursor in the order of names, as indexes find it: repositories `r`, and tags `t` of each.
    var behind: (repositories: SQL, tags: SQL) {
        if after == nil { return ("", "") }
        // `{` comes after all that a tag may hold.
        return query.descending
            ? (" AND r.prefix <= $5", " AND t.tag < CASE WHEN r.prefix = $5 THEN $6 ELSE '{' END")
            : (" AND r.prefix >= $5", " AND t.tag > CASE WHEN r.prefix = $5 THEN $6 ELSE '' END")
    }

    /// To rows `t`, one by one. A join would read all repositories for a few hundred rows.
    static let namesOfRows: SQL =
        " CROSS JOIN LATERAL (SELECT prefix FROM repositories WHERE id = t.repository_id OFFSET 0) r"

    var isByName: Bool { query.sort == .name }

    /// Whether the list's order or its extent follow from repositories' names.
    var decidesByName: Bool { isByName || scope != nil }

    /// Whether a list in the order of names is read in that order whatever it asks for: what is rare among tags is found in
    /// another way, if PostgreSQL thinks so.
    private var walksNames: Bool {
        switch reading {
        case .index, .repositories: false
        case .all, .first: isByName && query.rhythm == nil && (query.state == nil || query.state == .active)
        }
    }

    /// Whether a search in the order of names asks for nothing but names.
    private var isOfNames: Bool {
        switch reading {
        case .index, .repositories: return false
        case .all, .first: break
        }
        return isByName && !query.text.isEmpty && query.state == nil && query.rhythm == nil
    }

    static let scope: SQL = "r.prefix >= $3 AND r.prefix < $4"

    func bind(_ parameters: inout Parameters) {
        parameters.append(Int64(query.limit) + 1)
        parameters.append(search.pattern)
        parameters.append(scope?.from)
        parameters.append(scope?.to)
        switch after?.key {
        case .name(let prefix, let tag):
            parameters.append(prefix)
            parameters.append(tag)
        case .number(let value): parameters.append(value)
        case .days(let value): parameters.append(value)
        case nil: parameters.append(nil as Int32?)
        }
        if after == nil || !isByName { parameters.append(after?.id) }
        parameters.append(search.tagPatterns)
        parameters.append(query.rhythm?.number)
        switch reading {
        case .all: break
        case .first(let count): parameters.append(count)
        case .index, .repositories:
            let repositories = search.repositories
            parameters.append(repositories.paths)
            parameters.append(repositories.registry)
            parameters.append(repositories.parted?.registry)
            parameters.append(repositories.parted?.paths)
            parameters.append(search.tagPattern)
            parameters.append(repositories.parted?.begin)
        }
    }

    /// A registry's repositories lie side by side: `/` and `0`, `:` and `;` are neighbours in ASCII.
    var scope: (from: String, to: String)? {
        if let repository = query.repository { return ("\(repository):", "\(repository);") }
        return query.registry.map { ("\($0.name)/", "\($0.name)0") }
    }

    /// As literals, so that the index on the rarer states can be used.
    private static func condition(_ state: TagState?) -> SQL {
        switch state {
        case nil: "t.state <> 4"
        case .pending: "t.state = 1"
        case .active: "t.state = 2"
        case .missing: "t.state = 3"
        case .untracked: "t.state = 4"
        case .failing: "t.state = 5"
        }
    }

    /// What a list's order follows from, as it is stored.
    static func stored(_ sort: TagSort) -> SQL {
        switch sort {
        case .name: "t.tag"
        case .changes: "t.changes"
        case .changes30d: "t.changes_30d"
        case .interval: "t.interval_days"
        case .lastChanged: "t.last_changed_at"
        case .trackedSince: "t.tracked_since"
        }
    }

    /// Unknown values stand before all others in an index, as if they were the smallest. They come last in every list: see
    /// ``TagQuery/part``.
    private static func column(_ sort: TagSort) -> SQL {
        switch sort {
        case .name: "t.prefix || " + stored(sort)
        case .changes, .changes30d: stored(sort)
        case .interval: "COALESCE(" + stored(sort) + ", " + unknown(sort) + ")"
        case .lastChanged, .trackedSince: "list_seconds(" + stored(sort) + ")"
        }
    }

    /// What stands for a value that is not known; of no consequence for columns of which all are.
    private static func unknown(_ sort: TagSort) -> SQL {
        sort == .interval ? "-1::real" : "(-2147483648)"
    }

    /// The column as a cursor bears it.
    private static func text(_ sort: TagSort) -> SQL {
        switch sort {
        case .name: column(sort)
        case .changes, .changes30d, .interval, .lastChanged, .trackedSince: "(" + column(sort) + ")::text"
        }
    }

    /// What was found.
    enum Row: Sendable, Equatable {
        /// With what a cursor says of it.
        case tag(Int32, key: String)
        case nothing
        /// More than can be sorted at once hold the text.
        case tooMany
    }

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        let areFew: Bool = try row.next()
        guard let id: Int32 = try row.next() else { return areFew ? .nothing : .tooMany }
        return .tag(id, key: try row.next())
    }

    /// The sort key of the last item shown, in its column's type.
    enum SortKey: Equatable {
        /// What a repository's references begin with, and a tag.
        case name(String, String)
        case number(Int32)
        case days(Float)

        /// What stands for a value that is not known; nil where each is.
        static func unknown(_ sort: TagSort) -> SortKey? {
            switch sort {
            case .interval: .days(-1)
            case .lastChanged: .number(.min)
            case .name, .changes, .changes30d, .trackedSince: nil
            }
        }

        /// Nil for what a cursor of this sort cannot bear.
        init?(cursor text: String, for sort: TagSort) {
            switch sort {
            case .name:
                guard !text.contains("\0"), let colon = text.lastIndex(of: ":") else { return nil }
                self = .name(String(text[...colon]), String(text[text.index(after: colon)...]))
            case .changes, .changes30d, .lastChanged, .trackedSince:
                guard let value = Int32(text) else { return nil }
                self = .number(value)
            case .interval:
                guard let value = Float(text) else { return nil }
                self = .days(value)
            }
        }
    }
}

extension StringProtocol {
    /// LIKE's wild cards stand for themselves. By scalars: a wild card may be the base of a composed character.
    var escapedForLike: String {
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar == "%" || scalar == "_" || scalar == "\\" { text.append("\\") }
            text.append(scalar)
        }
        return String(text)
    }
}
