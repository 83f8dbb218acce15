import LibPQ

extension SelectTags {
    /// What holds the text, as far as needed to see whether all of it can be sorted: 3,000 take as long as to find a page
    /// of so many in a million by reading on. Repositories are found by their names, and then tags whose own names hold it;
    /// in the order of names no more of the former than stand on the page.
    func found(_ condition: SQL, _ order: SQL) -> SQL {
        var tags = inRepositories(condition, order)
        if search.isAcross { tags = tags + " WHERE lower(t.reference) LIKE $2" }
        tags = "(" + tags + (query.sort == .name ? " LIMIT $1)" : " LIMIT 3001)")
        if !search.tagPatterns.isEmpty { tags = tags + " UNION ALL (" + byTheirOwnNames + " LIMIT 3001)" }
        return "repositories_found AS MATERIALIZED (" + repositories + "), found AS MATERIALIZED (" + tags + ")"
    }

    private var repositories: SQL {
        let wanted = search.repositories
        let named: SQL =
            "SELECT g.name || '/' || r.path AS name FROM repositories r JOIN registries g ON g.id = r.registry_id"
        // Where the index could not be used but to its end, all are read, and one pattern takes half the time of two.
        let paths: SQL =
            !wanted.areShort
            ? "r.path LIKE ANY ($9)"
            : wanted.paths.count > 1 ? "(r.path LIKE ANY ($9)) IS TRUE" : "(r.path LIKE $2) IS TRUE"
        var found = named + " WHERE " + paths
        let union = " UNION " + named + " WHERE lower(g.name) LIKE "
        if wanted.registry != nil { found = found + union + "$10" }
        if wanted.parted != nil { found = found + union + "$11 AND r.path LIKE ANY ($12)" }
        return found
    }

    private func inRepositories(_ condition: SQL, _ order: SQL) -> SQL {
        let scope: SQL = scope == nil ? "true" : Self.scope
        return "SELECT t.* FROM (SELECT name FROM repositories_found ORDER BY name || ':'"
            + (query.descending ? " DESC" : "")
                + """
                ) r CROSS JOIN LATERAL (
                    SELECT t.* FROM tags t WHERE t.reference >= r.name || ':' AND t.reference < r.name || ';' AND\u{20}
                """ + (query.sort == .name ? condition + order : scope) + " OFFSET 0) t"
    }

    /// Where the text does not stand in the repository's name. What the index takes for one letter may be another.
    private var byTheirOwnNames: SQL {
        var found: SQL = "SELECT t.* FROM tags t WHERE "
        found = found + (query.text == "_" ? Self.tagName + " LIKE '%\\_%'" : Self.indexedTagName + " LIKE ANY ($7)")
        if scope != nil { found = found + " AND " + Self.scope }
        return found + " AND lower(t.reference) LIKE $2"
            + " AND lower(left(t.reference, -1 - length(split_part(t.reference, ':', -1)))) NOT LIKE $2"
    }

    // As the indexes spell them.
    private static let tagName: SQL = "lower(split_part(t.reference, ':', -1))"
    private static let indexedTagName: SQL = "translate(" + tagName + ", '._-', 'xzj')"
}
