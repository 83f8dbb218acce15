/// What happened to a tag. The numbers are stored and never change their meaning.
public enum ChangeKind: Int16, Sendable, CaseIterable, Hashable {
    /// The first sighting: it starts the history and is no change.
    case first = 1
    /// At least one platform's manifest differs, or the platforms are not known.
    case rebuild = 2
    /// Manifests differ, every platform's layers are the same.
    case noop = 3
    /// Platforms only came or went.
    case platforms = 4
    /// The index differs, every platform's manifest is the same: attestations, annotations.
    case metadata = 5
    /// The registry has no such tag any more.
    case missing = 6
    /// The registry has the tag again.
    case returned = 7
    /// An observation that is no change. Kept so that merging never depends on the order of imports; never shown.
    case same = 8

    /// The word in JSON and on pages.
    public var name: String {
        switch self {
        case .first: "first"
        case .rebuild: "rebuild"
        case .noop: "noop"
        case .platforms: "platforms"
        case .metadata: "metadata"
        case .missing: "missing"
        case .returned: "returned"
        case .same: "same"
        }
    }

    public init?(name: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    /// One digest took another's place.
    public var isChange: Bool {
        switch self {
        case .rebuild, .noop, .platforms, .metadata: true
        case .first, .missing, .returned, .same: false
        }
    }

    /// False for what only merging needs to know.
    public var isShown: Bool { self != .same }
}

extension ChangeKind: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let kind = ChangeKind(name: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a kind of change")
        }
        self = kind
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
