import OCI

/// One image that a pasted text names.
struct PastedImage: Hashable, Sendable {
    enum Outcome: Hashable, Sendable {
        /// The tag that is meant, and the digest that the text pins it to.
        case tag(TagReference, pinned: Digest?)
        /// A sentence that says why not; safe to show.
        case unreadable(String)
    }

    struct Place: Hashable, Sendable {
        /// From 1 on.
        let line: Int
        let role: Role
    }

    /// What the image is for where it stands.
    enum Role: Hashable, Sendable {
        /// `FROM`, with the stage's name.
        case base(stage: String?)
        /// `COPY --from`
        case copied
        /// `RUN --mount=…,from=`
        case mounted
        /// `# syntax=`: what reads the Dockerfile
        case frontend
        /// A service of a compose file: its name.
        case service(String)
        /// What names itself, as a container of a manifest or a step of a workflow does.
        case named(String)
        /// A YAML document without any such name.
        case key
        /// A name in a list.
        case listed
        /// `docker run`, `docker pull`
        case command

        /// For people, beside a line's number.
        var words: String {
            switch self {
            case .base(nil): "FROM"
            case .base(let stage?): "FROM, stage \(stage)"
            case .copied: "COPY --from"
            case .mounted: "RUN --mount"
            case .frontend: "Dockerfile syntax"
            case .service(let name): "service \(name)"
            case .named(let name): name
            case .key: "image"
            case .listed: "name"
            case .command: "command"
            }
        }
    }

    /// As it is written, cut to a length that a page can show; control characters are escaped.
    let text: String
    let outcome: Outcome
    /// In the order of the text, at most `placesKept`.
    private(set) var places: [Place]

    static let placesKept = 20

    var tag: TagReference? {
        if case .tag(let tag, _) = outcome { tag } else { nil }
    }

    var pinned: Digest? {
        if case .tag(_, let digest) = outcome { digest } else { nil }
    }

    /// Why it names no tag.
    var reason: String? {
        if case .unreadable(let reason) = outcome { reason } else { nil }
    }

    init(text: String, outcome: Outcome, place: Place) {
        self.text = PrintableText.excerpt(text, limit: 300)
        self.outcome = outcome
        places = [place]
    }

    mutating func add(_ place: Place) {
        guard places.count < Self.placesKept, !places.contains(place) else { return }
        places.append(place)
    }
}
