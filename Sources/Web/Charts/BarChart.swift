/// Stacked bars over time as inline SVG.
///
/// Positions along the axis are percentages and everything else is in pixels, so a phone sees fewer pixels between the
/// bars, not smaller text. Colours, and the room at the left for the scale, come from the page's style sheet.
struct BarChart {
    struct Bar: Hashable, Sendable {
        /// What a tool tip says.
        let label: String
        let lower: Int
        var upper = 0
        /// False where nobody looked: the bar's place is hatched.
        var isWatched = true
        /// Text under the axis.
        var tick: String?
        /// Left out where there is little room.
        var isMinorTick = false
    }

    /// Unique in the page.
    let id: String
    let title: String
    let description: String
    let bars: [Bar]
    /// Style classes of the two parts of a bar.
    var lowerStyle = "a"
    var upperStyle = "b"

    private static let top = 12.0
    private static let bottom = 172.0

    var svg: String {
        var text = """
            <svg class="chart" id="\(escaped(id))" role="img" aria-labelledby="\(escaped(id))-title \(escaped(id))-desc">\
            <title id="\(escaped(id))-title">\(escaped(title))</title>\
            <desc id="\(escaped(id))-desc">\(escaped(description))</desc>\
            <defs><pattern id="\(escaped(id))-hatch" width="8" height="8" patternUnits="userSpaceOnUse" \
            patternTransform="rotate(45)"><rect class="unwatched" width="8" height="8"/>\
            <line class="hatch" x1="0" y1="0" x2="0" y2="8"/></pattern></defs>
            """
        let scale = Scale(maximum: bars.map { $0.lower + $0.upper }.max() ?? 0)
        text += unwatched
        text += grid(scale)
        for (index, bar) in bars.enumerated() { text += slot(bar, at: index, scale) }
        text += "<line class=\"base\" x1=\"0\" y1=\"\(Self.bottom)\" x2=\"100%\" y2=\"\(Self.bottom)\"/>"
        return text + "</svg>"
    }

    private var width: Double { 100 / Double(max(1, bars.count)) }

    private func x(_ index: Int) -> Double { Double(index) * width }

    /// One hatched ground under each run of bars that nobody watched.
    private var unwatched: String {
        var text = ""
        var start = 0
        while let first = bars[start...].firstIndex(where: { !$0.isWatched }) {
            let end = bars[first...].firstIndex(where: \.isWatched) ?? bars.count
            text += """
                <rect x="\(percent(x(first)))" y="\(Self.top)" width="\(percent(width * Double(end - first)))" \
                height="\(Self.bottom - Self.top)" fill="url(#\(escaped(id))-hatch)"/>
                """
            start = end
        }
        return text
    }

    private func grid(_ scale: Scale) -> String {
        var text = ""
        for value in scale.lines {
            let y = round(height(value, scale))
            text += """
                <line class="grid" x1="0" y1="\(Self.bottom - y)" x2="100%" y2="\(Self.bottom - y)"/>\
                <text x="-8" y="\(Self.bottom - y + 4)" text-anchor="end">\(Words.compact(value))</text>
                """
        }
        return text
    }

    private func slot(_ bar: Bar, at index: Int, _ scale: Scale) -> String {
        let (start, barWidth) = (x(index), width * 0.72)
        var text = "<g><title>\(escaped(bar.label))</title>"
        if bar.isWatched {
            text += """
                <rect class="area" x="\(percent(start))" y="\(Self.top)" width="\(percent(width))" \
                height="\(Self.bottom - Self.top)"/>
                """
        }
        var y = Self.bottom
        for (value, style) in [(bar.lower, lowerStyle), (bar.upper, upperStyle)] where value > 0 {
            let length = max(2, round(height(value, scale)))
            y -= length
            text += """
                <rect class="bar \(style)" x="\(percent(start + width * 0.14))" y="\(y)" \
                width="\(percent(barWidth))" height="\(length)" rx="1.5"/>
                """
        }
        text += "</g>"
        if let tick = bar.tick {
            text += """
                <text\(bar.isMinorTick ? " class=\"minor\"" : "") x="\(percent(start + width / 2))" \
                y="\(Self.bottom + 20)" text-anchor="middle">\
                \(escaped(tick))</text>
                """
        }
        return text
    }

    private func height(_ value: Int, _ scale: Scale) -> Double {
        Double(value) / Double(scale.top) * (Self.bottom - Self.top)
    }

    private func percent(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000)%" }

    private func round(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    private func escaped(_ text: String) -> String { XMLText.escaped(text) }
}

/// Round numbers for the axis: at most four lines.
struct Scale: Hashable {
    let step: Int
    let top: Int

    init(maximum: Int) {
        var step = 1
        var factors = [2, 5, 10]
        var power = 1
        while maximum > step * 4 {
            step = power * factors.removeFirst()
            if factors.isEmpty {
                power *= 10
                factors = [2, 5, 10]
            }
        }
        self.step = step
        // One update is not drawn as if it were the most there can be.
        top = max(step == 1 ? 2 : 1, (maximum + step - 1) / step) * step
    }

    var lines: [Int] { Array(stride(from: step, through: top, by: step)) }
}
