import OCI

/// Images in the order in which they are found, each once.
struct ImageCollection {
    private var images: [PastedImage] = []
    private var positions: [Key: Int] = [:]
    private var others: Set<Key> = []

    private enum Key: Hashable {
        case tag(TagReference, Digest?)
        case text(String)
    }

    /// How many different ones did not fit.
    var leftOut: Int { others.count }

    /// What reads a Dockerfile is named last: it is no part of what is built.
    var ordered: [PastedImage] {
        images.filter { $0.places.first?.role != .frontend } + images.filter { $0.places.first?.role == .frontend }
    }

    /// - Parameters:
    ///   - written: as it stands in the text.
    ///   - name: with its variables filled in.
    ///   - missing: variables that have no value, for which nothing was put in.
    ///   - setTooLate: variables that have one elsewhere in the text, where it does not count.
    mutating func add(
        _ written: some StringProtocol, name: String? = nil, missing: [String] = [], setTooLate: Set<String> = [],
        line: Int, role: PastedImage.Role
    ) {
        let outcome = Self.outcome(name ?? String(written), missing: missing, setTooLate: setTooLate)
        add(PastedImage(text: String(written), outcome: outcome, place: .init(line: line, role: role)))
    }

    mutating func add(
        _ written: some StringProtocol, unreadable reason: String, line: Int, role: PastedImage.Role
    ) {
        add(PastedImage(text: String(written), outcome: .unreadable(reason), place: .init(line: line, role: role)))
    }

    private mutating func add(_ image: PastedImage) {
        let key: Key =
            switch image.outcome {
            case .tag(let tag, let digest): .tag(tag, digest)
            case .unreadable: .text(image.text)
            }
        if let position = positions[key] {
            image.places.forEach { images[position].add($0) }
        } else if images.count < PastedImages.maximumImages {
            positions[key] = images.count
            images.append(image)
        } else {
            others.insert(key)
        }
    }

    private static func outcome(
        _ name: String, missing: [String], setTooLate: Set<String>
    ) -> PastedImage.Outcome {
        do {
            let reference = try Reference(parsing: ImageAddress.image(at: name) ?? name)
            guard let tag = reference.tag else {
                return .unreadable("It is pinned to a digest and does not say which tag it followed.")
            }
            return .tag(TagReference(repository: reference.repository, tag: tag), pinned: reference.digest)
        } catch {
            guard let variable = missing.first else { return .unreadable(error.description) }
            return .unreadable(
                setTooLate.contains(variable)
                    ? "\(named(variable)) is set inside a stage; FROM knows only the value that an ARG before the first FROM gives it."
                    : needs(variable))
        }
    }

    static func needs(_ variable: String) -> String {
        "\(named(variable)) has no value in this text."
    }

    private static func named(_ variable: String) -> String {
        "The variable \(PrintableText.excerpt(variable, limit: 60))"
    }
}
