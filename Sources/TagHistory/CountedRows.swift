public import OCI

/// The rows of a history that count, oldest first: in statistics, histograms, marks and lists alike.
///
/// Left out is what only an image's own date tells of the time before the first sighting. That something was built does
/// not say that the tag bore it, so the first digest seen is no change either.
public struct CountedRows: Sendable {
    let rows: ArraySlice<Change>

    /// - Parameters:
    ///   - rows: hidden ones may be among them.
    ///   - firstSeenAt: nil where the tag was never seen.
    public init(_ rows: [Change], firstSeenAt: Timestamp?) { self.init(rows[...], firstSeenAt: firstSeenAt) }

    init(_ rows: ArraySlice<Change>, firstSeenAt: Timestamp?) {
        guard rows.first(where: { $0.digest != nil })?.source == .metadata else {
            self.rows = rows
            return
        }
        guard let firstSeenAt else {
            self.rows = rows.suffix(0)
            return
        }
        let seen = rows.drop {
            $0.observedAt < firstSeenAt || ($0.observedAt == firstSeenAt && $0.source == .metadata)
        }
        let digest = seen.first?.digest
        self.rows = seen.drop { $0.observedAt == firstSeenAt && $0.digest == digest }
    }

    /// Where its changes stand.
    var indices: some Sequence<Int> { rows.indices.lazy.filter { [rows] in rows[$0].kind.isChange } }

    /// Those of one digest to another.
    public var changes: [Change] { rows.filter(\.kind.isChange) }
}
