public import OCI
public import TagHistory

public enum TagState: Int16, Sendable, CaseIterable, Codable {
    case pending = 1
    case active = 2
    case missing = 3
    case untracked = 4
    case failing = 5

    public var name: String { String(describing: self) }
    public init?(name: String) {
        guard let state = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = state
    }
}

/// Who added a tag.
public enum TagOrigin: Int16, Sendable {
    case `operator` = 1
    case visitor = 2
    case starter = 3
    case `import` = 4
    case discovery = 5
}

/// How a check ended.
public enum CheckOutcome: Int16, Sendable, CaseIterable {
    case unchanged = 1
    case changed = 2
    case missing = 3
    case failed = 4

    public var name: String { String(describing: self) }
}

/// All that is known of a tag besides its history.
public struct TrackedTag: Sendable {
    public let id: Int32
    public let reference: TagReference
    public let state: TagState
    /// The newest digest; nil before the first sighting and while the tag is missing.
    public let digest: Digest?
    public let mediaType: MediaType?
    public let platforms: [PlatformDigest]
    public let trackedSince: Timestamp
    public let firstSeenAt: Timestamp?
    public let lastCheckedAt: Timestamp?
    public let lastSucceededAt: Timestamp?
    public let lastChangedAt: Timestamp?
    public let lastPushedAt: Timestamp?
    /// Nil for an untracked tag.
    public let nextCheckAt: Timestamp?
    /// Why the last check failed; nil where it did not. Cleaned text, safe to show.
    public let lastError: String?
    /// What lists say of its rhythm, where that was read together with it.
    public internal(set) var pulse: Pulse?
    /// The days without a look at whose end its newest digest was found, where lists were asked for.
    public var gap: Range<Timestamp>? { pulse?.gap(before: lastChangedAt) }
}

public enum TagSort: String, Sendable, CaseIterable {
    case name, changes, changes30d, interval, lastChanged, trackedSince
}

public struct TagQuery: Sendable {
    /// A part of the reference, any case; empty for all.
    public var text = ""
    public var registry: Registry?
    public var repository: Repository?
    /// Nil: every tag that is tracked.
    public var state: TagState?
    /// As of a tag's last change, or the last night. Nil: any.
    public var rhythm: Rhythm.Word?
    public var sort: TagSort = .name
    public var descending = false
    /// 1…1000.
    public var limit = 100
    public var cursor: String?
    /// For a list of lines: with what these say of a rhythm, without the digest, its media type and platforms, and the next
    /// check, which take as long to find as all the rest.
    public var isBrief = false
    /// Which of its tags, as far as it sorts by what of some is not known.
    var part = Part.all

    enum Part: Sendable {
        case all
        case known
        case unknown
    }

    public init() {}
}

/// A part of a list, and the cursor of the part behind it (nil at the end).
public struct Page<Item: Sendable>: Sendable {
    public let items: [Item]
    public let next: String?

    public init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }

    public func map<Other: Sendable>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), next: next)
    }
}

/// A change and the tag it happened to.
public struct TagChange: Sendable {
    public let reference: TagReference
    public let change: Change
}

public enum Tracking: Sendable, Hashable {
    case added
    case alreadyTracked
}

public enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    case invalidCursor
    /// The database was migrated by a newer Tagbeat.
    case databaseIsNewer(version: Int, known: Int)
    case migrationChanged(String)
    case migrationFailed(String, reason: String)
    case missingResources(String)
    case tooManyTracked(limit: Int)
    case tooManyAtOnce(TagReference, Timestamp)
    case notEmpty
    case importedElsewhere

    public var description: String {
        switch self {
        case .invalidCursor:
            "the cursor is not one that this list gave; leave it out to begin at the first page"
        case .databaseIsNewer(let version, let known):
            "the database has schema version \(version), but this tagbeat knows only \(known): use a newer tagbeat"
        case .migrationChanged(let name):
            "migration \(name) differs from the one that was applied to this database: use the tagbeat that made it"
        case .migrationFailed(let name, let reason):
            "migration \(name) failed and changed nothing: \(reason)"
        case .missingResources(let path):
            "the folder \(path) is missing: install tagbeat together with its .resources folders"
        case .tooManyTracked(let limit):
            "this site already tracks its limit of \(limit) tags"
        case .tooManyAtOnce(let reference, let time):
            "\(reference) cannot have borne more than \(Int16.max) digests at one time, \(time)"
        case .notEmpty:
            "the database is not empty"
        case .importedElsewhere:
            "another import of the same source into this database is going on: wait until it is done"
        }
    }
}
