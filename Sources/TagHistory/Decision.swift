public import OCI

/// What one live check means for a tag: the short way to what `History.merge` would say of it.
public enum Decision {
    /// What must be known of a tag to judge a check.
    public struct CurrentState: Hashable, Sendable {
        /// The newest digest that the tag has borne, also while it is missing; nil where it was never seen.
        public var digest: Digest?
        public var isMissing: Bool
        /// The last check or imported observation that found the tag.
        public var lastSucceededAt: Timestamp?
        /// The last one that found it missing, if it is missing or was never seen.
        public var lastMissingAt: Timestamp?

        public init(
            digest: Digest? = nil, isMissing: Bool = false, lastSucceededAt: Timestamp? = nil,
            lastMissingAt: Timestamp? = nil
        ) {
            self.digest = digest
            self.isMissing = isMissing
            self.lastSucceededAt = lastSucceededAt
            self.lastMissingAt = lastMissingAt
        }

        public var everSeen: Bool { digest != nil }

        /// Something newer than this time is known already. Such an answer is for `History.merge`, not for `decide`.
        public func isNewer(than time: Timestamp) -> Bool {
            latest(lastSucceededAt, lastMissingAt).map { $0 > time } ?? false
        }

        /// The state after a check.
        public func after(_ outcome: Outcome, at time: Timestamp) -> CurrentState {
            switch outcome {
            case .found(let digest, _, _):
                CurrentState(digest: digest, lastSucceededAt: latest(lastSucceededAt, time))
            case .missing:
                CurrentState(
                    digest: digest, isMissing: everSeen, lastSucceededAt: lastSucceededAt,
                    lastMissingAt: latest(lastMissingAt, time))
            }
        }
    }

    /// What a registry answered. A failed check is no answer and decides nothing.
    public enum Outcome: Hashable, Sendable {
        case found(Digest, mediaType: MediaType? = nil, pushedAt: Timestamp? = nil)
        case missing
    }

    /// The rows that a check adds: none where nothing changed, two where a missing tag returned with another digest.
    ///
    /// - Parameters:
    ///   - time: not before anything that `current` knows (`isNewer(than:)`).
    ///   - hasBorne: whether the tag bore the digest at any time before; asked only where it differs from the current.
    ///   - kind: the kind of a change, where the digest differs.
    public static func decide(
        current: CurrentState, outcome: Outcome, at time: Timestamp, hasBorne: Bool, kind: ChangeKind = .rebuild,
        platforms: [Platform] = []
    ) -> [Change] {
        guard case .found(let digest, let mediaType, let pushedAt) = outcome else {
            guard current.everSeen, !current.isMissing else { return [] }
            return [
                Change(
                    digest: nil, previousDigest: current.digest, kind: .missing, source: .observed, observedAt: time,
                    notBefore: current.lastSucceededAt)
            ]
        }
        var row = Change(
            digest: digest, kind: .first, source: .observed, observedAt: time, pushedAt: pushedAt,
            mediaType: mediaType)
        guard let previous = current.digest else {
            row.notBefore = current.lastMissingAt
            return [row]
        }
        var rows: [Change] = []
        if current.isMissing {
            row.kind = .returned
            row.notBefore = current.lastMissingAt
            rows.append(row)
        }
        if previous != digest {
            row.kind = kind
            row.previousDigest = previous
            row.reverted = hasBorne
            row.notBefore = current.lastSucceededAt
            row.platforms = platforms
            rows.append(row)
        }
        return rows
    }
}
