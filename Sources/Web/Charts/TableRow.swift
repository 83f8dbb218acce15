/// The rows of the table that says the same as a chart, made like the chart.
enum TableRow {
    /// - Parameter style: of the cells.
    static func html(_ head: String, _ cells: [String], style: String? = nil) -> String {
        let start = style.map { "<td class=\"\($0)\">" } ?? "<td>"
        return "<tr><th scope=\"row\">\(head.xml)</th>" + cells.map { start + $0.xml + "</td>" }.joined() + "</tr>\n"
    }
}
