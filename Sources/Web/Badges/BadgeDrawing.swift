/// A badge in the familiar flat style: what it is about on the left, what is known on the right.
/// https://github.com/badges/shields/blob/master/spec/SPECIFICATION.md
struct BadgeDrawing: Hashable, Sendable {
    /// By meaning, never by grade: a slow rhythm is no fault, and a fast one no merit.
    enum Tone: String, Hashable, Sendable, CaseIterable {
        /// Something is known.
        case known
        /// Nothing is known yet, or not enough.
        case unknown
        /// The checks or the updates are not as they should be.
        case warning
        /// The tag is not there.
        case gone

        /// White text on each has a contrast of 4.5:1 or more.
        var color: String {
            switch self {
            case .known: "#0e6b64"
            case .unknown: "#63706d"
            case .warning: "#8f5600"
            case .gone: "#b02a24"
            }
        }
    }

    let label: String
    let message: String
    let tone: Tone

    /// Texts are cut to a length that a badge can have; what XML cannot hold is left out when it is drawn.
    init(label: String, message: String, tone: Tone) {
        self.label = Self.cut(label)
        self.message = Self.cut(message)
        self.tone = tone
    }

    private static let longest = 60
    private static let padding = 6.0

    private static func cut(_ text: String) -> String {
        text.count > longest ? text.prefix(longest - 1) + "…" : text
    }

    /// A whole document: an image needs no outside asset and no script.
    var svg: String {
        let (left, right) = (Self.width(label), Self.width(message))
        let name = XMLText.escaped("\(label): \(message)")
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(left + right)" height="20" role="img" \
            aria-label="\(name)"><title>\(name)</title>\
            <linearGradient id="s" x2="0" y2="100%"><stop offset="0" stop-color="#bbb" stop-opacity=".1"/>\
            <stop offset="1" stop-opacity=".1"/></linearGradient>\
            <clipPath id="r"><rect width="\(left + right)" height="20" rx="3" fill="#fff"/></clipPath>\
            <g clip-path="url(#r)"><rect width="\(left)" height="20" fill="#4a5451"/>\
            <rect x="\(left)" width="\(right)" height="20" fill="\(tone.color)"/>\
            <rect width="\(left + right)" height="20" fill="url(#s)"/></g>\
            <g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" \
            text-rendering="geometricPrecision" font-size="11" aria-hidden="true">\
            \(Self.text(label, at: 0))\(Self.text(message, at: left))</g></svg>\n
            """
    }

    /// A whole number, so that the boundary between the colours is sharp.
    private static func width(_ text: String) -> Int {
        Int((BadgeText.width(text) + 2 * padding).rounded(.up))
    }

    /// `textLength` keeps the text in its place where another font is a little wider.
    private static func text(_ text: String, at left: Int) -> String {
        guard !text.isEmpty else { return "" }
        let length = (BadgeText.width(text) * 10).rounded() / 10
        let x = ((Double(left) + (Double(width(text)) - length) / 2) * 10).rounded() / 10
        let escaped = XMLText.escaped(text)
        return """
            <text x="\(x)" y="15" fill="#010101" fill-opacity=".3" textLength="\(length)">\(escaped)</text>\
            <text x="\(x)" y="14" textLength="\(length)">\(escaped)</text>
            """
    }
}
