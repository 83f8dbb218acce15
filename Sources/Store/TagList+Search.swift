import LibPQ

extension SelectTags {
    /// So many take as long to be found and sorted as it takes to find a page of so many in a million by reading on.
    static let sortable: SQL = "6000"

    /// What holds the text, as far as needed to see whether all of it can be sorted. Repositories are found by their names,
    /// and then tags whose own names hold it; in the order of names no more of the former than stand on the page.
    func found(_ condition: SQL, _ order: SQL) -> SQL {
        let limit: SQL = " LIMIT " + Self.sortable + " + 1"
        var tags = inRepositories(condition, order)
        if search.isAcross { tags = tags + " WHERE " + Self.holdsText }
        tags = "(" + tags + (query.sort == .name ? " LIMIT $1)" : limit + ")")
        if !search.tagPatterns.isEmpty {
            tags = tags + " UNION ALL (" + byTheirOwnNames(condition, order) + limit + ")"
        }
        return repositoriesFound + "found AS MATERIALIZED (" + tags + ")"
    }

    private var repositoriesFound: SQL {
        if case .repositories = reading { return "" }
        return "repositories_found AS MATERIALIZED (" + repositories + "), " + (isByNewest ? Self.pageEnd : "")
    }

    /// Whether tags of repositories that cannot stand on the page are left unread. Where a text stands across two names, not
    /// all tags of a repository hold it.
    private var isByNewest: Bool {
        guard case .index = reading else { return false }
        return query.sort == .lastChanged && query.descending && after == nil && scope == nil && query.state == nil
            && query.rhythm == nil && !search.isAcross
    }

    /// What the last of the page has at least: as many tags as stand on it have that much, among those of the repositories
    /// with the newest changes. Where some of these are left out it is only lower.
    private static let pageEnd: SQL = """
        page_end AS MATERIALIZED (
            SELECT COALESCE((
                SELECT list_seconds(t.at) FROM (
                    SELECT t.at FROM (SELECT id FROM repositories_found ORDER BY newest DESC LIMIT $1) r
                    CROSS JOIN LATERAL (
                        SELECT t.last_changed_at AS at FROM tags t WHERE t.repository_id = r.id AND t.state <> 4 OFFSET 0) t
                    LIMIT 20 * $1) t
                ORDER BY t.at DESC NULLS LAST LIMIT 1 OFFSET $1 - 1), -2147483648) AS at),\u{20}
        """

    private var repositories: SQL {
        let wanted = search.repositories
        let named: SQL = "SELECT r.id, r.prefix, r.newest FROM repositories r"
        let ofRegistries: SQL = named + " JOIN registries g ON g.id = r.registry_id"
        // Where the index could not be used but to its end, all are read, and one pattern takes half the time of two.
        let paths: SQL =
            !wanted.areShort
            ? "r.path LIKE ANY ($9)"
            : wanted.paths.count > 1 ? "(r.path LIKE ANY ($9)) IS TRUE" : "(r.path LIKE $2) IS TRUE"
        var found = named + " WHERE " + paths
        let union = " UNION " + ofRegistries + " WHERE lower(g.name) LIKE "
        if wanted.registry != nil { found = found + union + "$10" }
        if wanted.parted != nil {
            // `{` comes after all that a path may hold.
            found = found + union + "$11 AND r.path >= $14 AND r.path < $14 || '{' AND r.path LIKE ANY ($12)"
        }
        return found
    }

    private func inRepositories(_ condition: SQL, _ order: SQL) -> SQL {
        var (found, which): (SQL, SQL) = (
            "repositories_found r", isByNewest ? " WHERE r.newest >= (SELECT at FROM page_end)" : ""
        )
        var tags: SQL = isByName ? condition : scope == nil ? "true" : Self.scope
        if case .repositories = reading {
            // From the cursor on, or each page would cost as much as all before it.
            (found, which) = ("repositories r", " WHERE r.prefix LIKE $2" + behind.repositories)
            tags = tags + behind.tags
        }
        let inOrder: SQL = isByName ? " ORDER BY r.prefix" + direction : ""
        return "SELECT " + sorted + " FROM (SELECT r.id, r.prefix FROM " + found + which + inOrder
            + ") r CROSS JOIN LATERAL (SELECT " + Self.listed + " FROM tags t WHERE t.repository_id = r.id AND " + tags
            + (isByName ? order : "") + " OFFSET 0) t"
    }

    /// Where the text does not stand in the repository's name: by the names that tags have. Of each, in the order of last
    /// changes, no more than stand on the page. Repositories are looked up for what was found, and not the other way
    /// round. What the index takes for one letter may be another.
    private func byTheirOwnNames(_ condition: SQL, _ order: SQL) -> SQL {
        let names: SQL =
            "SELECT n.name FROM tag_names n WHERE n.name LIKE $13"
            + (query.text == "_" ? "" : " AND translate(n.name, '._-', 'xzj') LIKE ANY ($7)")
        // What else is asked for may be rare among those of one name.
        let isInOrder = query.sort == .lastChanged && query.rhythm == nil && self.scope == nil
        return "SELECT " + sorted + " FROM (" + names + ") n CROSS JOIN LATERAL (SELECT " + Self.listed
            + " FROM tags t WHERE lower(t.tag) = n.name" + (isInOrder ? " AND " + condition + order + " LIMIT $1" : "")
            + " OFFSET 0) t"
            + (decidesByName
                ? Self.namesOfRows + " WHERE left(r.prefix, -1) NOT LIKE $2"
                    + (scope == nil ? "" : " AND " + Self.scope)
                : " WHERE t.repository_id NOT IN (SELECT id FROM repositories_found)")
    }

    /// What of it is kept to be narrowed and sorted: thousands of rows are, so no more than that.
    private var sorted: SQL {
        "t.id, t.state, " + Self.stored(query.sort) + (query.rhythm == nil ? "" : ", t.rhythm")
            + (decidesByName ? ", r.prefix" : "")
    }

    /// What lists are narrowed and sorted by.
    private static let listed: SQL = """
        t.id, t.repository_id, t.tag, t.state, t.rhythm, t.changes, t.changes_30d, t.interval_days, t.last_changed_at,
        t.tracked_since
        """
}
