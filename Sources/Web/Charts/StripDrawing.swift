import OCI

/// Strips as SVG: inline in a page, where the page's colours apply, or alone, with colours of its own.
///
/// Positions along the axis are percentages and everything else is in pixels, so that nothing shrinks on a phone.
/// Nothing here needs a style sheet or a script: colours are custom properties with fallbacks.
struct StripDrawing: Sendable {
    struct Line: Sendable {
        /// Above the strip; nil where the strip stands alone.
        var label: String?
        let strip: Strip
    }

    /// Unique in the page, a name by XML's rules.
    let id: String
    let title: String
    let lines: [Line]
    /// False in the rows of a table, which has the axis once in its head.
    let hasAxis: Bool
    /// The height of one strip's band.
    let height: Double

    /// One strip for the row of a table: 28 pixels high.
    init(row strip: Strip, id: String, title: String) {
        self.init(id: id, title: title, lines: [Line(strip: strip)], hasAxis: false, height: 20)
    }

    /// A tag's whole history, with its axis.
    init(history strip: Strip, id: String, title: String) {
        self.init(id: id, title: title, lines: [Line(strip: strip)], hasAxis: true, height: 40)
    }

    /// Several on one axis: all strips must have the same.
    init(compare lines: [(label: String, strip: Strip)], id: String, title: String) {
        self.init(
            id: id, title: title, lines: lines.map { Line(label: $0.label, strip: $0.strip) }, hasAxis: true,
            height: 22)
    }

    private init(id: String, title: String, lines: [Line], hasAxis: Bool, height: Double) {
        self.id = id
        self.title = title
        self.lines = lines
        self.hasAxis = hasAxis
        self.height = height
    }

    /// For a page: as wide as its place, with the page's custom properties.
    var svg: String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"strip\" id=\"\(id.xml)\" width=\"100%\" "
            + "height=\"\(number(total))\" role=\"img\" aria-labelledby=\"\(id.xml)-t\" aria-describedby=\"\(id.xml)-d\">"
            + content + "</svg>"
    }

    /// For an address of its own: with its colours for light and dark, and a ground, because nobody knows where it will
    /// stand. Its only style is `StripDrawing.style`.
    var document: String {
        let (width, padding) = (lines.first?.strip.axis.width ?? 720, 12.0)
        let (outerWidth, outerHeight) = (width + 2 * padding, total + 2 * padding)
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(number(outerWidth))" height="\(number(outerHeight))" \
            viewBox="0 0 \(number(outerWidth)) \(number(outerHeight))" role="img" aria-labelledby="\(id.xml)-t" \
            aria-describedby="\(id.xml)-d"><style>\(Self.style)</style>\
            <rect width="100%" height="100%" rx="8" fill="var(--surface,#fff)"/>\
            <svg x="\(number(padding))" y="\(number(padding))" width="\(number(width))" height="\(number(total))" \
            overflow="visible">\(content)</svg></svg>\n
            """
    }

    /// The axis alone, for the head of a table whose rows have strips.
    static func axis(_ axis: StripAxis) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" class="strip" width="100%" height="22" overflow="visible" \
        aria-hidden="true" font-size="12">\(ticks(axis, top: 18, bottom: 22, text: 13))</svg>
        """
    }

    /// The page's colours, for a drawing that stands alone.
    static let style = """
        :root{color-scheme:light dark;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:#16211f}\
        @media(prefers-color-scheme:dark){:root{color:#e3eae8;--muted:#9cadab;--surface:#182024;--sunken:#1f292d;\
        --line:#2a363a;--accent:#62cbbf;--bad:#ff9a90}}
        """

    private static let labelHeight = 22.0
    private static let padding = 4.0
    private static let gap = 10.0

    private func lineHeight(_ line: Line) -> Double {
        height + 2 * Self.padding + (line.label == nil ? 0 : Self.labelHeight)
    }

    private var total: Double {
        lines.reduce(0) { $0 + lineHeight($1) } + Double(max(0, lines.count - 1)) * Self.gap + (hasAxis ? 22 : 0)
    }

    private var content: String {
        var text = """
            <title id="\(id.xml)-t">\(title.xml)</title><desc id="\(id.xml)-d">\(description.xml)</desc>\
            <defs><pattern id="\(id.xml)-h" width="6" height="6" patternUnits="userSpaceOnUse" \
            patternTransform="rotate(45)"><path d="M0 0v6" stroke="currentColor" stroke-opacity=".25" stroke-width="2"/></pattern>\(many)</defs>
            """
        // About what a band and each of its marks take: growing step by step copies all of it several times.
        text.reserveCapacity(text.utf8.count + lines.reduce(400) { $0 + 800 + 128 * $1.strip.marks.count })
        var y = 0.0
        for line in lines {
            var top = y + Self.padding
            if let label = line.label {
                text += """
                    <text x="0" y="\(number(top + 12))" font-size="13" fill="currentColor">\
                    \(shortened(label, axis: line.strip.axis).xml)</text>
                    """
                top += Self.labelHeight
            }
            StripBand(strip: line.strip, top: top, height: height, id: id.xml).draw(in: &text)
            y += lineHeight(line) + Self.gap
        }
        if hasAxis, let axis = lines.first?.strip.axis {
            let bottom = total - 22
            text += "<g font-size=\"12\">"
            text += Self.ticks(axis, top: bottom - 2, bottom: bottom + 3, text: bottom + 17) + "</g>"
        }
        return text
    }

    /// What marks are filled with that stand for many updates nobody of us saw: empty, they would seem one each.
    private var many: String {
        guard lines.contains(where: { line in line.strip.marks.contains { line.strip.isOfManyTold($0) } }) else {
            return ""
        }
        return """
            <pattern id="\(id.xml)-m" width="4" height="4" patternUnits="userSpaceOnUse"><path d="M2 0v4" \
            stroke="var(--accent,#0e6b64)"/></pattern>
            """
    }

    private var description: String {
        lines.map { line in (line.label.map { "\($0): " } ?? "") + line.strip.summary }.joined(separator: " ")
    }

    /// A long name loses its beginning: what tells tags apart is at the end.
    private func shortened(_ label: String, axis: StripAxis) -> String {
        // On a phone as well.
        let most = min(52, Int(axis.width / 7.5))
        return label.count > most ? "…" + label.suffix(most - 1) : label
    }

    private static func ticks(_ axis: StripAxis, top: Double, bottom: Double, text y: Double) -> String {
        var lines = ""
        for tick in axis.ticks {
            let x = "\(number(tick.percent))%"
            lines += """
                <line x1="\(x)" x2="\(x)" y1="\(number(top))" y2="\(number(bottom))" \
                stroke="var(--muted,#55625f)"/>
                """
            guard let label = tick.label else { continue }
            let pixels = tick.percent / 100 * axis.width
            let anchor = pixels < 18 ? "start" : pixels > axis.width - 18 ? "end" : "middle"
            lines += """
                <text\(tick.isMinor ? " class=\"minor\"" : "") x="\(x)" y="\(number(y))" text-anchor="\(anchor)" \
                fill="var(--muted,#55625f)">\(label.xml)</text>
                """
        }
        return lines
    }
}

/// One band: its ground, what lies on it, and its marks.
///
/// A list's page has hundreds of marks, so pieces are added to the drawing one by one instead of being put together first.
private struct StripBand {
    let strip: Strip
    let top: Double
    let height: Double
    /// The drawing's, as XML.
    let id: String

    func draw(in text: inout String) {
        let bottom = top + height
        for stretch in strip.stretches where stretch.kind != .missing { drawGround(stretch, in: &text) }
        for stretch in strip.stretches where stretch.kind == .missing {
            rect(stretch, top, height, "fill=\"var(--bad,#b02a24)\" opacity=\".22\"", in: &text)
            rect(stretch, bottom - 3, 3, "fill=\"var(--bad,#b02a24)\"", in: &text)
        }
        if let first = strip.firstSeenAt {
            let x = "\(number(strip.axis.percent(first)))%"
            text += """
                <line x1="\(x)" x2="\(x)" y1="\(number(top - 3))" y2="\(number(bottom + 3))" \
                stroke="var(--muted,#55625f)" stroke-width="1.5"><title>First seen, \(Words.date(first).xml)</title></line>
                """
        }
        let short = (height * 0.4).rounded()
        drawMarks(isUpdate: false, isOwn: true, top: bottom - short, height: short, in: &text)
        drawMarks(isUpdate: false, isOwn: false, top: bottom - short, height: short, in: &text)
        drawMarks(isUpdate: true, isOwn: true, top: top, height: height, in: &text)
        drawMarks(isUpdate: true, isOwn: false, top: top, height: height, in: &text)
    }

    private func drawGround(_ stretch: Strip.Stretch, in text: inout String) {
        switch stretch.kind {
        case .unobserved: rect(stretch, top, height, "fill=\"url(#\(id)-h)\"", in: &text)
        case .told:
            rect(
                stretch, top + 0.5, height - 1, "fill=\"transparent\" stroke=\"var(--line,#dde2df)\"", in: &text)
        case .watched, .missing: rect(stretch, top, height, "fill=\"var(--sunken,#eef0ed)\"", in: &text)
        }
    }

    private func rect(_ stretch: Strip.Stretch, _ y: Double, _ height: Double, _ style: String, in text: inout String) {
        let (left, right) = (strip.axis.percent(stretch.start), strip.axis.percent(stretch.end))
        text += """
            <rect x="\(number(left))%" y="\(number(y))" width="\(number(right - left))%" height="\(number(height))" \
            \(style)><title>\(stretch.label.xml)</title></rect>
            """
    }

    private func drawMarks(isUpdate: Bool, isOwn: Bool, top: Double, height: Double, in text: inout String) {
        let (inset, y) = isOwn ? (0.0, top) : (0.5, top + 0.5)
        let least = Strip.markWidth - 2 * inset
        let vertical = "%\" y=\"\(number(y))\" width=\""
        let tall = "\" height=\"\(number(height - 2 * inset))\""
        var isFirst = true
        for mark in strip.marks where mark.isUpdate == isUpdate && mark.isOwn == isOwn {
            if isFirst {
                let color = isUpdate ? "var(--accent,#0e6b64)" : "var(--muted,#55625f)"
                let style = isOwn ? "fill=\"\(color)\"" : "fill=\"var(--surface,#fff)\" stroke=\"\(color)\""
                text += "<g \(style) transform=\"translate(\(number(inset - Strip.markWidth / 2)) 0)\">"
                isFirst = false
            }
            let (left, right) = (strip.axis.percent(mark.start), strip.axis.percent(mark.end))
            text += "<rect x=\""
            text += number(left)
            text += vertical
            if right > left {
                text += number(right - left + least / strip.axis.width * 100)
                text += "%"
            } else {
                text += number(least)
            }
            text += tall
            if strip.isOfManyTold(mark) { text += " fill=\"url(#\(id)-m)\"" }
            text += "><title>"
            text += mark.label.xml
            text += "</title></rect>"
        }
        if !isFirst { text += "</g>" }
    }
}

/// At most two decimals, without an exponent.
private func number(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return sign + String(whole) }
    return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
}
