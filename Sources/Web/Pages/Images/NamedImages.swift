import OCI

/// The images of a list: pasted, or named in an address.
struct NamedImages: Sendable {
    struct Item: Sendable {
        let reference: TagReference
        /// The digest that it is pinned to.
        let pinned: Digest?
        /// Where it stands in the text: `line 3, FROM, stage build`.
        let places: String?
    }

    struct Unreadable: Sendable, Hashable {
        let text: String
        let reason: String
        let places: String?
    }

    let items: [Item]
    let unreadable: [Unreadable]
    /// What was read: `a Dockerfile`; nil for an address.
    let kind: String?
    /// What could not be read in full, or did not fit.
    let notes: [String]
    /// What the box begins with.
    let text: String

    init(_ pasted: PastedImages, text: String) {
        items = pasted.images.compactMap { image in
            image.tag.map { Item(reference: $0, pinned: image.pinned, places: Self.places(image)) }
        }
        unreadable = pasted.images.compactMap { image in
            image.reason.map { Unreadable(text: image.text, reason: $0, places: Self.places(image)) }
        }
        kind = pasted.kind.words
        let leftOut =
            pasted.leftOut > 0
            ? "\(Words.count(pasted.leftOut, "more image")) beyond the first "
                + "\(Words.number(PastedImages.maximumImages)) were left out." : nil
        notes = [pasted.note, leftOut].compactMap(\.self)
        self.text = text
    }

    /// - Throws: ``Problem`` 422 for too many.
    init(_ images: [String]) throws(Problem) {
        guard images.count <= PastedImages.maximumImages else {
            throw .unacceptable(
                "\(Words.number(images.count)) images are named; at most "
                    + "\(Words.number(PastedImages.maximumImages)) are shown at once.")
        }
        var collection = ImageCollection()
        for (index, image) in images.enumerated() { collection.add(image, line: index + 1, role: .listed) }
        items = collection.ordered.compactMap { image in
            image.tag.map { Item(reference: $0, pinned: image.pinned, places: nil) }
        }
        unreadable = collection.ordered.compactMap { image in
            image.reason.map { Unreadable(text: image.text, reason: $0, places: nil) }
        }
        kind = nil
        notes = []
        text = images.joined(separator: "\n")
    }

    /// As they stand in an address.
    var names: [String] {
        items.map { item in item.reference.familiar + (item.pinned.map { "@\($0)" } ?? "") }
    }

    private static func places(_ image: PastedImage) -> String? {
        let places = image.places.prefix(3).map { "line \($0.line): \($0.role.words)" }
        let more = image.places.count > 3 ? ["\(image.places.count - 3) more"] : []
        return places.isEmpty ? nil : (places + more).joined(separator: "; ")
    }
}
