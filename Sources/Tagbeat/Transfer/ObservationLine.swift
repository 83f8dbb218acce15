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
            guard let value = members[member] else {
                throw Invalid(description: "“\(member.stringValue)” is missing")
            }
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

    /// Nil where the decoder has to say what is wrong.
    private init?(_ object: PlainObject) {
        guard case let image?? = object["image"], case let time?? = object["observedAt"],
            let digest = object["digest"]
        else { return nil }
        (self.image, observedAt, self.digest) = (image, time, digest)
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

    private static let decoder = JSONDecoder()

    /// How far another machine's clock may be ahead of ours, in seconds.
    private static let clockDifference = 300.0

    /// - Throws: what is wrong with the line and what would be right.
    static func parse(_ bytes: ArraySlice<UInt8>, now: Timestamp) throws -> ImportRow {
        if let object = PlainObject(bytes), let line = ObservationLine(object) { return try line.row(now: now) }
        let line: ObservationLine
        do {
            line = try decoder.decode(ObservationLine.self, from: Data(bytes))
        } catch DecodingError.keyNotFound(let key, _) {
            throw Invalid(description: "“\(key.stringValue)” is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw Invalid(description: "“\(context.codingPath.last?.stringValue ?? "the line")” is of the wrong type")
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
        // It would stand above everything that is checked until then.
        if observation.observedAt > now.advanced(bySeconds: Self.clockDifference) {
            throw Invalid(description: "“observedAt” lies in the future")
        }
        if let notBefore = observation.notBefore, notBefore > observation.observedAt {
            throw Invalid(description: "“notBefore” lies after “observedAt”")
        }
        return ImportRow(reference: try TagReference(parsing: image), observation: observation)
    }

    private static func named<Value>(_ what: String, _ text: String, _ make: (String) -> Value?) throws -> Value {
        guard let value = make(text) else {
            throw Invalid(description: "“\(PrintableText.excerpt(text, limit: 80))” is not a \(what)")
        }
        return value
    }
}
