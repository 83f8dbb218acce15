import OCI

/// Chainguard's record of a tag's updates, oldest first, a thousand at a time.
/// https://edu.chainguard.dev/chainguard/chainguard-images/features/using-the-tag-history-api/
struct ChainguardHistory: VendorHistory {
    static let pageSize = 1_000

    private let path: String
    private var from: Timestamp?
    /// What was told with the last timestamp, and is told again with the next answer.
    private var told: Set<PastDigest> = []

    init(_ reference: TagReference, since: Timestamp?) {
        path = "/v2/\(reference.repository.path)/_chainguard/history/\(reference.tag.name)"
        from = since
    }

    var start: String { path + (from.map { "?start=" + $0.description.percentEncoded } ?? "") }

    mutating func read(_ body: some Collection<UInt8>, askedAt: Timestamp) throws(BadVendorAnswer) -> HistoryStep {
        let page = try LooseJSON.decode(Page.self, from: body)
        let all = page.rows.compactMap { row in
            row.at.asPushTime(askedAt: askedAt).map { PastDigest(digest: row.digest, from: $0) }
        }
        let past = all.filter { !told.contains($0) }
        guard page.count >= Self.pageSize else { return HistoryStep(past: past) }
        // More than a page with one timestamp, or an answer that does not heed `start`.
        guard let last = all.map(\.from).max(), from.map({ last > $0 }) ?? true else { throw .endlessHistory }
        from = last
        told = Set(all.filter { $0.from == last })
        return HistoryStep(past: past, next: start)
    }

    private struct Page: Decodable {
        let rows: [Row]
        let count: Int

        init(from decoder: any Decoder) throws {
            let list = try LooseList<Row>(from: decoder, at: "history")
            (rows, count) = (list.elements, list.count)
        }
    }

    private struct Row: Decodable {
        let digest: Digest
        let at: Timestamp

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            guard let digest = object.digest("digest"), let at = object.time("updateTimestamp") else {
                throw BadVendorAnswer.notAListing
            }
            (self.digest, self.at) = (digest, at)
        }
    }
}
