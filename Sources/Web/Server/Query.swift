import OCI
import Store
import TagHistory

/// A request's parameters. Unknown ones are left alone; of a repeated one the first counts.
struct Query {
    private let values: [String: String]

    init(_ text: String?) throws(Problem) {
        var values: [String: String] = [:]
        for part in (text ?? "").split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decoded(sides[0], plusIsSpace: true),
                let value = PercentCoding.decoded(sides.count == 2 ? sides[1] : "", plusIsSpace: true)
            else { throw .badRequest("The query is not UTF-8.") }
            if values[name] == nil { values[name] = value }
        }
        self.values = values
    }

    /// Nil where it is absent or empty.
    subscript(name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether it is there, be it empty.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// Text to search for.
    func text(_ name: String, limit: Int = 400) throws(Problem) -> String {
        let text = String((self[name] ?? "").trimming(while: { $0 == " " }))
        guard text.utf8.count <= limit else {
            throw .badRequest("\(name) is longer than \(limit) bytes, which no image's name is.")
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            throw .badRequest("\(name) holds a control character; give a part of an image's name.")
        }
        return text
    }

    func limit(default standard: Int = 100) throws(Problem) -> Int {
        guard let text = self["limit"] else { return standard }
        guard let limit = Int(text), (1...1_000).contains(limit) else {
            throw .badRequest("limit is \"\(PrintableText.excerpt(text))\"; give a number from 1 to 1000.")
        }
        return limit
    }

    /// A position in a page's list.
    func position(_ name: String) throws(Problem) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), (1...1_000_000_000).contains(value) else {
            throw .badRequest("\(name) is \"\(PrintableText.excerpt(text))\"; follow the page's own links.")
        }
        return value
    }

    func time(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = self[name] else { return nil }
        // A plus sign of the offset reads as a space where it was not encoded.
        let repaired = text.replacing(" ", with: "+")
        do { return try Timestamp(parsing: repaired) } catch { throw .badRequest("\(name): \(error.description)") }
    }

    /// As of when statistics are told; nil: as of now, of which the future is told, too.
    func past(before now: Timestamp) throws(Problem) -> Timestamp? { try time("at").map { min($0, now) } }

    /// Of a drawing, in pixels.
    func width() throws(Problem) -> Double {
        guard let text = self["width"] else { return 720 }
        guard let width = Double(text), (280...1_600).contains(width) else {
            throw .badRequest("width is \"\(PrintableText.excerpt(text))\"; give pixels, from 280 to 1600.")
        }
        return width
    }

    func bucket() throws(Problem) -> Histogram.Bucket? {
        guard let text = self["bucket"] else { return nil }
        guard let bucket = Histogram.Bucket(rawValue: text) else {
            throw .badRequest("bucket is \"\(PrintableText.excerpt(text))\"; give one of day, week, month.")
        }
        return bucket
    }

    func platform() throws(Problem) -> Platform? {
        guard let text = self["platform"] else { return nil }
        guard let platform = Platform(parsing: text) else {
            throw .badRequest(
                "platform is \"\(PrintableText.excerpt(text))\"; give one as linux/amd64 or linux/arm/v7.")
        }
        return platform
    }

    /// The parameters of a list of tags.
    func tags(defaultLimit: Int = 100) throws(Problem) -> TagQuery {
        var query = TagQuery()
        query.text = try text("query")
        query.limit = try limit(default: defaultLimit)
        query.cursor = self["cursor"]
        query.registry = try registry()
        query.repository = try repository(in: query.registry)
        if let name = self["state"] {
            guard let state = TagState(name: name) else {
                let allowed = TagState.allCases.map(\.name).joined(separator: ", ")
                throw .badRequest("state is \"\(PrintableText.excerpt(name))\"; give one of \(allowed).")
            }
            query.state = state
        }
        if let name = self["rhythm"] {
            guard let rhythm = Rhythm.Word(rawValue: name) else {
                let allowed = Rhythm.Word.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badRequest("rhythm is \"\(PrintableText.excerpt(name))\"; give one of \(allowed).")
            }
            query.rhythm = rhythm
        }
        if let text = self["sort"] {
            query.descending = text.hasPrefix("-")
            guard let sort = TagSort(rawValue: query.descending ? String(text.dropFirst()) : text) else {
                let allowed = TagSort.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badRequest(
                    "sort is \"\(PrintableText.excerpt(text))\"; give one of \(allowed), or one with - before it.")
            }
            query.sort = sort
        }
        return query
    }

    private func registry() throws(Problem) -> Registry? {
        guard let text = self["registry"] else { return nil }
        do { return try Registry(parsing: text) } catch { throw .unacceptable("registry: \(error.description)") }
    }

    /// A repository in full, or its name within the registry that is given beside it.
    private func repository(in registry: Registry?) throws(Problem) -> Repository? {
        guard let text = self["repository"] else { return nil }
        do {
            let repository = try Repository(parsing: text)
            guard let registry, repository.registry != registry else { return repository }
            return try Repository(registry: registry, path: text)
        } catch {
            throw .unacceptable("repository: \(error.description)")
        }
    }
}

extension String {
    fileprivate func trimming(while isTrimmed: (Character) -> Bool) -> Substring {
        guard let first = firstIndex(where: { !isTrimmed($0) }), let last = lastIndex(where: { !isTrimmed($0) }) else {
            return ""
        }
        return self[first...last]
    }
}
