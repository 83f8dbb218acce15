import OCI
import Testing

@testable import Web

/// A text and the images that are read in it, one a line: `canonical name | lines and roles`, or
/// `! text as written | lines and roles` where it names none.
struct PastedCase: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    let images: [String]
    var kind: PastedImages.Kind
    var isPartial = false

    init(_ name: String, _ kind: PastedImages.Kind, _ text: String, _ images: [String], isPartial: Bool = false) {
        self.name = name
        self.kind = kind
        self.text = text
        self.images = images
        self.isPartial = isPartial
    }

    var testDescription: String { name }

    func check() throws {
        for (ends, text) in [("LF", text), ("CRLF", text.replacing("\n", with: "\r\n"))] {
            let read = try PastedImages(text: text)
            #expect(read.kind == kind, "\(ends)")
            #expect(read.images.map(Self.line) == images, "\(ends)")
            #expect((read.note != nil) == isPartial, "\(ends) \(read.note ?? "")")
            #expect(read.leftOut == 0)
        }
    }

    private static func line(_ image: PastedImage) -> String {
        let places = image.places.map { "\($0.line) \($0.role.words)" }.joined(separator: ", ")
        guard let tag = image.tag else { return "! \(image.text) | \(places)" }
        let pin = image.pinned.map { "@\($0.short)" } ?? ""
        return "\(tag.familiar)\(pin) | \(places)"
    }
}
