import OCI

/// The images that a pasted text names: a Dockerfile, a compose file or Kubernetes manifest, or names one a line.
///
/// Which of them it is shows by its shape. Reading is pure and bounded: everything in the text is hostile.
struct PastedImages: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
        case dockerfile, yaml, names

        /// For people.
        var words: String {
            switch self {
            case .dockerfile: "a Dockerfile"
            case .yaml: "a compose file or manifest"
            case .names: "names of images"
            }
        }
    }

    /// A longer text is refused before it is looked at.
    static let maximumBytes = 256 * 1_024
    /// So many different images are kept; the others are counted.
    static let maximumImages = 200

    let kind: Kind
    /// Each image once, in the order of the text; what reads a Dockerfile (`# syntax=`) comes last.
    let images: [PastedImage]
    /// How many different images beyond `maximumImages` were left out.
    let leftOut: Int
    /// A sentence about what could not be read, where the text could only be read in part.
    let note: String?

    /// - Parameter bytes: UTF-8, any line ends.
    init(_ bytes: some Collection<UInt8>) throws(PastedTextError) {
        let lines = try PastedText.lines(bytes)
        let kind = Kind(lines)
        var collection = ImageCollection()
        var note: String?
        switch kind {
        case .dockerfile: DockerfileReader.read(lines, into: &collection)
        case .yaml: note = try YAMLImages.read(lines, into: &collection)
        case .names: NamesReader.read(lines, into: &collection)
        }
        self.kind = kind
        self.note = note
        images = collection.ordered
        leftOut = collection.leftOut
    }

    init(text: String) throws(PastedTextError) {
        try self.init(text.utf8)
    }

    /// The tags that are meant, each once.
    var tags: [TagReference] {
        var seen: Set<TagReference> = []
        return images.compactMap(\.tag).filter { seen.insert($0).inserted }
    }
}

/// Why nothing was read.
enum PastedTextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Of so many bytes where that is known.
    case tooLong(bytes: Int?)
    /// The line of the first byte that no text has.
    case binary(line: Int)
    /// YAML whose aliases or nesting unfold to more than is read.
    case tooComplex

    var description: String {
        switch self {
        case .tooLong(let bytes):
            (bytes.map { "The text has \(Words.number($0)) bytes; at" } ?? "The text has too many bytes: at")
                + " most \(Words.number(PastedImages.maximumBytes)) are read. Paste the part that names the images."
        case .binary(let line):
            "Line \(line) holds bytes that are no text. Paste a Dockerfile, a compose file or names of images as text."
        case .tooComplex:
            "The YAML unfolds to more than is read here. Paste the part that names the images."
        }
    }
}
