import OCI
import Store

/// The first line of a CSV file, which names the columns; each further line is an observation.
///
/// https://www.rfc-editor.org/rfc/rfc4180, without line feeds within fields: no name, time or digest holds one.
struct CSVHeader {
    /// Nil for one that tells nothing to an import.
    private let columns: [ObservationLine.Member?]

    /// What a tag page's own file says beside its observations.
    private static let derived: Set<String> = ["kind", "reverted", "previousDigest", "platforms"]

    /// Nil for a line that is none: one that is not of names with a known one among them.
    /// - Throws: what is wrong with a line that is meant to be one.
    init?(_ bytes: ArraySlice<UInt8>) throws {
        guard let names = Self.fields(bytes), names.contains(where: { ObservationLine.Member(stringValue: $0) != nil })
        else { return nil }
        columns = try names.map { name in
            let column = ObservationLine.Member(stringValue: name)
            guard column != nil || Self.derived.contains(name) else {
                let known = ObservationLine.Member.allCases.map(\.stringValue).joined(separator: ", ")
                throw ObservationLine.Invalid(
                    description: "there is no column “\(PrintableText.excerpt(name, limit: 80))”, only \(known)")
            }
            return column
        }
        for column in ObservationLine.Member.allCases {
            let count = columns.count { $0 == column }
            if count > 1 {
                throw ObservationLine.Invalid(description: "the column “\(column.stringValue)” comes twice")
            }
            if count == 0, [.image, .digest, .observedAt].contains(column) {
                throw ObservationLine.Invalid(description: "the column “\(column.stringValue)” is missing")
            }
        }
    }

    /// An empty field says nothing; an empty digest that the registry had no such tag.
    /// - Throws: what is wrong with the line and what would be right.
    func parse(_ bytes: ArraySlice<UInt8>, now: Timestamp) throws -> ImportRow {
        guard let fields = Self.fields(bytes) else {
            throw ObservationLine.Invalid(description: "a quotation mark is not closed or stands within a field")
        }
        guard fields.count == columns.count else {
            throw ObservationLine.Invalid(
                description: "\(fields.count) fields, where the first line names \(columns.count) columns")
        }
        var members: [ObservationLine.Member: String] = [:]
        for case (let column?, let field) in zip(columns, fields) where !field.isEmpty { members[column] = field }
        return try ObservationLine(members).row(now: now)
    }

    /// Nil where quotation marks are not where they belong.
    private static func fields(_ line: ArraySlice<UInt8>) -> [String]? {
        let comma = UInt8(ascii: ","), quote = UInt8(ascii: "\"")
        var rest = line.last == 0x0D ? line.dropLast() : line
        var fields: [String] = []
        while true {
            var field: [UInt8] = []
            if rest.first == quote {
                rest = rest.dropFirst()
                while true {
                    guard let end = rest.firstIndex(of: quote) else { return nil }
                    field += rest[..<end]
                    rest = rest[(end + 1)...]
                    guard rest.first == quote else { break }
                    field.append(quote)
                    rest = rest.dropFirst()
                }
            } else {
                field += rest.prefix { $0 != comma }
                guard !field.contains(quote) else { return nil }
                rest = rest.dropFirst(field.count)
            }
            fields.append(String(decoding: field, as: UTF8.self))
            guard let next = rest.first else { return fields }
            guard next == comma else { return nil }
            rest = rest.dropFirst()
        }
    }
}
