public import OCI

/// A tag's history as one platform saw it.
public enum PlatformHistory {
    /// Which image of a digest serves the platform.
    public enum Image: Hashable, Sendable {
        case manifest(Digest)
        /// The digest's content is known, and it is not for this platform.
        case absent
    }

    /// The rows that concern one platform.
    ///
    /// Changes that left its image as it was drop out, and digests are those of its images. While a tag had no image for
    /// the platform, the last one counts on. Where a digest's content is not known, its row stays as it is: whether it
    /// touched the platform, nobody can tell.
    ///
    /// - Parameters:
    ///   - rows: the tag's history, oldest first.
    ///   - images: of the digests whose content is known.
    public static func rows(
        of platform: Platform, in rows: [Change], images: [Digest: Image]
    ) -> [Change] {
        var result: [Change] = []
        var current: Digest?
        var borne: Set<Digest> = []
        for row in rows {
            var row = row
            guard let digest = row.digest else {
                // Missing before the platform's first image: it is not its history yet.
                guard current != nil else { continue }
                row.previousDigest = row.previousDigest == nil ? nil : current
                result.append(row)
                continue
            }
            let image = images[digest]
            if row.kind == .returned || row.kind == .same {
                guard let current else { continue }
                if case .manifest(let manifest) = image {
                    row.digest = manifest
                } else if image != nil {
                    row.digest = current
                }
                result.append(row)
                continue
            }
            let new: Digest
            switch image {
            case .manifest(let manifest): new = manifest
            case .absent: continue
            case nil: new = digest
            }
            guard new != current else { continue }
            row.digest = new
            if let current {
                row.previousDigest = current
                // A platform that came back with another image was rebuilt; nobody saw when.
                if image != nil, row.kind != .noop { row.kind = .rebuild }
                row.reverted = borne.contains(new)
            } else {
                (row.kind, row.previousDigest, row.reverted) = (.first, nil, false)
            }
            row.platforms = image == nil || row.kind == .first ? [] : [platform]
            current = new
            borne.insert(new)
            result.append(row)
        }
        return result
    }
}

extension PlatformHistory {
    /// When the platform was first seen.
    ///
    /// - Parameters:
    ///   - rows: the platform's.
    ///   - firstSeenAt: the tag's. What an image's own date tells of the time before was never seen.
    public static func firstSeenAt(in rows: [Change], of firstSeenAt: Timestamp?) -> Timestamp? {
        rows.first.map { max($0.observedAt, firstSeenAt ?? $0.observedAt) }
    }
}

/// Which platforms a tag has had, and which image of each of its digests served them.
public struct PlatformImages: Sendable {
    private let contents: [Digest: [PlatformDigest]]

    /// - Parameter contents: the digests whose content is known, with their platforms.
    public init(_ contents: [Digest: [PlatformDigest]]) { self.contents = contents }

    /// All that any of the digests has, in order.
    public var platforms: [Platform] { Set(contents.values.joined().map(\.platform)).sorted() }

    /// A platform that a digest has twice is served by the first of its images.
    public func images(of platform: Platform) -> [Digest: PlatformHistory.Image] {
        contents.mapValues { entries in
            entries.filter { $0.platform == platform }.map(\.digest).min().map { .manifest($0) } ?? .absent
        }
    }
}
