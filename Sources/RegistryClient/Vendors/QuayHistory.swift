import OCI

/// Quay's list of a tag's digests, newest first, as far as its garbage collection left them.
struct QuayHistory: VendorHistory {
    static let pageSize = 100

    private let reference: TagReference
    private let since: Timestamp?
    private var page = 1

    init(_ reference: TagReference, since: Timestamp?) {
        self.reference = reference
        self.since = since
    }

    var start: String { target }

    private var target: String {
        "/api/v1/repository/\(reference.repository.path)/tag/?specificTag=\(reference.tag.name.percentEncoded)"
            + "&onlyActiveTags=false&limit=\(Self.pageSize)&page=\(page)"
    }

    mutating func read(_ body: some Collection<UInt8>, askedAt: Timestamp) throws(BadVendorAnswer) -> HistoryStep {
        let answer = try QuayPage(parsing: body)
        let past = answer.rows.compactMap { row -> PastDigest? in
            guard row.tag == reference.tag,
                let from = row.start?.asPushTime(askedAt: askedAt)
            else { return nil }
            // An end that is to come is a tag's expiry; one before its start is nonsense.
            let until = row.end.flatMap { $0 >= from && $0 <= askedAt ? $0 : nil }
            if let since, let until, until < since { return nil }
            return PastDigest(digest: row.digest, from: from, until: until)
        }
        // Newest first: what follows ended earlier still.
        let isOld = since.map { since in answer.rows.last?.end.map { $0 < since } ?? false } ?? false
        guard answer.hasMore, !isOld else { return HistoryStep(past: past) }
        guard !answer.isEmpty else { throw .endlessHistory }
        page += 1
        return HistoryStep(past: past, next: target)
    }
}
