/// Where the knowledge of an observation comes from. The numbers are stored and never change their meaning.
public enum Source: Int16, Sendable, CaseIterable, Hashable {
    /// Our own check.
    case observed = 1
    /// The vendor's history or push time.
    case registry = 2
    /// A dated tag with the same digest.
    case sibling = 3
    /// An image's `created`: an approximation.
    case metadata = 4
    /// Someone else's observation, read from a file or another program's database.
    case imported = 5

    /// The word in JSON and on pages.
    public var name: String {
        switch self {
        case .observed: "observed"
        case .registry: "registry"
        case .sibling: "sibling"
        case .metadata: "metadata"
        case .imported: "imported"
        }
    }

    public init?(name: some StringProtocol) {
        guard let source = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = source
    }

    /// Where two sources tell the same, the stronger one is named: what was seen beats what was told, that beats what
    /// was concluded, and an approximation comes last.
    func strongest(_ other: Source) -> Source {
        strength >= other.strength ? self : other
    }

    private var strength: Int {
        switch self {
        case .observed: 5
        case .registry: 4
        case .sibling: 3
        case .imported: 2
        case .metadata: 1
        }
    }
}

extension Source: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let source = Source(name: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a source of a change")
        }
        self = source
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
