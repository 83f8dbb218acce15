import Foundation
import OCI
import Store
import TagHistory

/// One line of NDJSON: an observation of a tag.
struct ObservationLine: Decodable {
    let image: String
    let digest: String?
    let observedAt: String
    let notBefore: String?
    let pushedAt: String?
    let mediaType: String?
    let source: String?

    enum Member: CodingKey, CaseIterable {
        case image, digest, observedAt, notBefore, pushedAt, mediaType, source
    }

    /// - Parameter members: those that say something.
    init(_ members: [Member: String]) throws {
        func required(_ member: Member) throws -> String {
            guard let value = members[member] else { throw Self.missing(member) }
            return value
        }
        image = try required(.image)
        observedAt = try required(.observedAt)
        digest = members[.digest]
        notBefore = members[.notBefore]
        pushedAt = members[.pushedAt]
        mediaType = members[.mediaType]
        source = members[.source]
    }

    /// - Throws: what is missing, in a tenth of the time that a decoder needs to say it.
    private init(_ object: PlainObject) throws {
        func required(_ member: Member) throws -> String? {
            guard let value = object[member.stringValue] else { throw Self.missing(member) }
            return value
        }
        func text(_ member: Member) throws -> String {
            guard let value = try required(member) else { throw Self.ofWrongType(member) }
            return value
        }
        image = try text(.image)
        observedAt = try text(.observedAt)
        digest = try required(.digest)
        notBefore = object["notBefore"] ?? nil
        pushedAt = object["pushedAt"] ?? nil
        mediaType = object["mediaType"] ?? nil
        source = object["source"] ?? nil
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Member.self)
        image = try container.decode(String.self, forKey: .image)
        observedAt = try container.decode(String.self, forKey: .observedAt)
        // Null says that the registry had no such tag; a line without the member says nothing.
        digest = try container.decodeNil(forKey: .digest) ? nil : container.decode(String.self, forKey: .digest)
        notBefore = try container.decodeIfPresent(String.self, forKey: .notBefore)
        pushedAt = try container.decodeIfPresent(String.self, forKey: .pushedAt)
        mediaType = try container.decodeIfPresent(String.self, forKey: .mediaType)
        source = try container.decodeIfPresent(String.self, forKey: .source)
    }

    struct Invalid: Error, CustomStringConvertible {
        let description: String
    }

    private static func missing(_ member: any CodingKey) -> Invalid {
        Invalid(description: "“\(member.stringValue)” is missing")
    }

    private static func ofWrongType(_ member: (any CodingKey)?) -> Invalid {
        Invalid(description: "“\(member?.stringValue ?? "the line")” is of the wrong type")
    }

    private static let decoder = JSONDecoder()

    /// - Throws: what is wrong with the line and what would be right.
    static func parse(_ bytes: ArraySlice<UInt8>, now: Timestamp) throws -> ImportRow {
        if let object = PlainObject(bytes) { return try ObservationLine(object).row(now: now) }
        // A decoder takes its time to find that.
        guard bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{"),
            bytes.last(where: { $0 > 0x20 }) == UInt8(ascii: "}")
        else { throw Invalid(description: "not a JSON object") }
        let line: ObservationLine
        do {
            line = try decoder.decode(ObservationLine.self, from: Data(bytes))
        } catch DecodingError.keyNotFound(let key, _) {
            throw missing(key)
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw ofWrongType(context.codingPath.last)
        } catch {
            throw Invalid(description: "not a JSON object")
        }
        return try line.row(now: now)
    }

    func row(now: Timestamp) throws -> ImportRow {
        let observation = Observation(
            digest: try digest.map { try Digest(parsing: $0) },
            observedAt: try Timestamp(parsing: observedAt),
            notBefore: try notBefore.map { try Timestamp(parsing: $0) },
            pushedAt: try pushedAt.map { try Timestamp(parsing: $0) },
            mediaType: try mediaType.map { try Self.named("media type", $0, MediaType.init(header:)) },
            source: try source.map { try Self.named("source", $0, Source.init(name:)) } ?? .imported)
        let row = ImportRow(reference: try TagReference(parsing: image), observation: observation)
        if let mistake = row.mistakeOfTime(at: now) { throw Invalid(description: "“observedAt” \(mistake)") }
        if let notBefore = observation.notBefore, notBefore > observation.observedAt {
            throw Invalid(description: "“notBefore” lies after “observedAt”")
        }
        return row
    }

    private static func named<Value>(_ what: String, _ text: String, _ make: (String) -> Value?) throws -> Value {
        guard let value = make(text) else {
            throw Invalid(description: "“\(PrintableText.excerpt(text, limit: 80))” is not a \(what)")
        }
        return value
    }
}
