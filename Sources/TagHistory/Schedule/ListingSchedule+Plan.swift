public import OCI

// When a repository's tags are read as one listing, and how far.
extension ListingSchedule {
    /// A few tags are asked for one by one: their HEADs are the truth, and cost no more than a listing.
    public static let fewTags = 3

    /// Whether claimed tags of a repository are better answered by a listing.
    /// - Parameters:
    ///   - due: its tags that a listing would answer for.
    ///   - tracked: all its tags.
    ///   - requests: what the last whole listing took; nil where there was none.
    public static func isWorthwhile(due: Int, tracked: Int, requests: Int?) -> Bool {
        due > fewTags && (requests ?? 1) < tracked
    }

    /// Whether a listing that was read is worth repeating.
    public static func isUseful(answered: Int, isWhole: Bool) -> Bool { answered > fewTags || !isWhole }

    /// A listing that comes newest first has nothing new from the first page on that ends with a tag pushed before this:
    /// well before the listing before, because push times are the vendor's and may come late.
    public static func oldBefore(previous: Timestamp) -> Timestamp { previous.advanced(bySeconds: -900) }

    /// When a repository's listing is read to its end although it was read not long ago, lest tags that are gone from it
    /// seem to be there: one that is left at the first page without news says nothing of them.
    static let wholeIntervalSeconds = 86_400.0
}
