import LibPQ

/// How a statement finds tags by their references, and tells them.
///
/// A tag's row holds what comes after the reference's colon; its repository's holds everything up to it. A statement that
/// tells a reference, as `r.prefix || t.tag`, names the tag's row `t` and its repository's `r`.
enum TagKeys {
    /// What `t` and `r` are.
    static let tables: SQL = "tags t JOIN repositories r ON r.id = t.repository_id"
    /// The tag whose reference is $1.
    static let isNamed: SQL =
        "r.prefix = left($1::text, -length(split_part($1::text, ':', -1))) AND t.tag = split_part($1::text, ':', -1)"
    /// The tags whose references stand in $1. Repositories are looked up apart: in a join of the three PostgreSQL thinks
    /// all tags of a repository cheaper to read than the one.
    static let named: SQL = """
        unnest($1::text[]) n (reference)
        CROSS JOIN LATERAL (
            SELECT id, prefix FROM repositories
            WHERE prefix = left(n.reference, -length(split_part(n.reference, ':', -1))) OFFSET 0) r
        JOIN tags t ON t.repository_id = r.id AND t.tag = split_part(n.reference, ':', -1)
        """
}
