public import OCI

/// What is a change and what is not is decided here alone, for live checks and imports alike.
///
/// A tag's history is a set of observations, each known by its time and digest; kinds, previous digests, reverts and
/// the effective `notBefore` follow from their order. So it does not matter in which order or in how many parts they
/// came. Observations at the same time stand as they came: what is stored already first, then in file order. (Only
/// there, and where two sources give different push times or media types for the very same observation, does the
/// first one win.)
public enum History {
    /// A tag's whole history after merging.
    public struct Merged: Hashable, Sendable {
        /// Oldest first, hidden rows of kind `same` among them.
        public var rows: [Change]
        /// The newest observation of the newest digest, with a row of its own or not. A 404 is none.
        public var lastSucceededAt: Timestamp?
        /// The newest digest that the tag has borne, also while it is missing; nil where it was never seen.
        public var digest: Digest?
        public var mediaType: MediaType?
        public var isMissing: Bool
        /// The last observation that found the tag missing, if it is missing now or was never seen.
        public var lastMissingAt: Timestamp?

        /// An image's own date does not count: that something was built does not say that the tag bore it.
        public var firstSeenAt: Timestamp? {
            rows.first { $0.source != .metadata && $0.digest != nil }?.observedAt
        }
        public var lastChangedAt: Timestamp? { rows.last { $0.kind.isChange }?.observedAt }
        /// The rows that people see.
        public var shownRows: [Change] { rows.filter(\.kind.isShown) }
        /// Where live checks go on from.
        public var state: Decision.CurrentState {
            .init(
                digest: digest, isMissing: isMissing, lastSucceededAt: lastSucceededAt, lastMissingAt: lastMissingAt)
        }
    }

    /// Merges observations into a history.
    ///
    /// - Parameters:
    ///   - existing: all rows of the tag, oldest first, as this function or `Decision.decide` made them.
    ///   - lastSucceededAt: the last observation of the newest digest, which may be later than that digest's row.
    ///     Where other observations come between the two, or after it, it becomes a row of its own, of kind `same`
    ///     where nothing came between, so that nothing is lost.
    ///   - lastMissingAt: likewise for a tag that is missing now or was never seen.
    ///   - adding: in any order; equal times stand in the order given. That a tag was missing before its first sighting
    ///     is kept in hidden rows and as that row's `notBefore`: an earlier sighting may still come.
    ///   - classify: what a change from one digest to another was; nil where that is not known. What an existing row
    ///     says of the same two digests stays, unless it says nothing.
    public static func merge(
        existing: [Change] = [], lastSucceededAt: Timestamp? = nil, lastMissingAt: Timestamp? = nil,
        adding: [Observation],
        classify: (_ previous: Digest, _ new: Digest) -> Classification? = { _, _ in nil }
    ) -> Merged {
        var timeline = Timeline(existing: existing, lastSucceededAt: lastSucceededAt, lastMissingAt: lastMissingAt)
        timeline.add(adding)
        return timeline.derived(classify: classify)
    }

    /// A history as observations, oldest first: merged into nothing, they give it back. For exports.
    public static func observations(
        of rows: [Change], lastSucceededAt: Timestamp?, lastMissingAt: Timestamp? = nil
    ) -> [Observation] {
        var export = Export(
            newest: rows.last { !$0.isMereDate }, newestSeen: rows.last { $0.digest != nil && !$0.isMereDate },
            lastSucceededAt: lastSucceededAt, lastMissingAt: lastMissingAt)
        return export.observations(of: rows) + export.rest()
    }
}
