import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Vendors' JSON, read for what can be used of it: one odd entry never costs the others.
enum LooseJSON {
    /// Deeper than any vendor nests.
    static let deepest = 32

    /// - Throws: `notAListing` for what is no JSON, nests too deeply, or is of another shape altogether. The answer's
    ///   Content-Type is not looked at: some say text/plain.
    static func decode<Document: Decodable>(
        _ type: Document.Type, from body: some Collection<UInt8>
    ) throws(BadVendorAnswer) -> Document {
        guard JSONBounds.holds(body, depth: deepest),
            let document = try? JSONDecoder().decode(Document.self, from: Data(body))
        else { throw .notAListing }
        return document
    }
}

/// An object whose fields may be missing, null, capitalised or of another type than documented.
struct LooseObject {
    private let fields: KeyedDecodingContainer<FieldName>

    init(_ decoder: any Decoder) throws {
        fields = try decoder.container(keyedBy: FieldName.self)
    }

    private init(_ fields: KeyedDecodingContainer<FieldName>) {
        self.fields = fields
    }

    /// Present and not null.
    func has(_ name: String) -> Bool { key(name) != nil }

    func text(_ name: String) -> String? { value(name) }

    /// A number, or a number written as text.
    func number(_ name: String) -> Double? {
        let number: Double? = value(name) ?? text(name).flatMap { $0.utf8.count <= 32 ? Double($0) : nil }
        return number.flatMap { $0.isFinite ? $0 : nil }
    }

    func flag(_ name: String) -> Bool? { value(name) }

    func time(_ name: String) -> Timestamp? { text(name).flatMap { try? Timestamp(parsing: $0) } }

    /// Nil too where it is text that is no digest: then the registry itself is asked.
    func digest(_ name: String) -> Digest? { text(name).flatMap { try? Digest(parsing: $0) } }

    func object(_ name: String) -> LooseObject? {
        guard let key = key(name) else { return nil }
        return (try? fields.nestedContainer(keyedBy: FieldName.self, forKey: key)).map { LooseObject($0) }
    }

    /// The elements that have the right shape; nil where there is no list.
    func list<Element: Decodable>(_ name: String, of type: Element.Type = Element.self) -> [Element]? {
        let list: LooseList<Element>? = value(name)
        return list?.elements
    }

    /// The entries that have the right shape; nil where there is no object.
    func table<Element: Decodable>(_ name: String, of type: Element.Type) -> [String: Element]? {
        let table: [String: Lossy<Element>]? = value(name)
        return table?.compactMapValues(\.value)
    }

    func isNull(_ name: String) -> Bool { isNull(FieldName(name)) }

    private func isNull(_ key: FieldName) -> Bool {
        fields.contains(key) && (try? fields.decodeNil(forKey: key)) ?? false
    }

    func value<Value: Decodable>(_ name: String) -> Value? {
        key(name).flatMap { try? fields.decode(Value.self, forKey: $0) }
    }

    private func key(_ name: String) -> FieldName? {
        // Looked up first, because a thrown error costs more than reading the rest of an object.
        var key = FieldName(name)
        if !fields.contains(key) {
            key = FieldName(name.prefix(1).uppercased() + name.dropFirst())
            guard fields.contains(key) else { return nil }
        }
        return isNull(key) ? nil : key
    }
}

/// A list without the elements that have another shape.
struct LooseList<Element: Decodable>: Decodable {
    let elements: [Element]
    /// With those left out.
    let count: Int

    init(from decoder: any Decoder) throws {
        let all = try [Lossy<Element>](from: decoder)
        elements = all.compactMap(\.value)
        count = all.count
    }

    /// The list that a field must hold; null stands for an empty one, because that is how Go writes it.
    init(from decoder: any Decoder, at name: String) throws {
        let object = try LooseObject(decoder)
        if let list: Self = object.value(name) {
            self = list
        } else if object.isNull(name) {
            (elements, count) = ([], 0)
        } else {
            throw BadVendorAnswer.notAListing
        }
    }
}

private struct Lossy<Value: Decodable>: Decodable {
    let value: Value?

    init(from decoder: any Decoder) throws {
        value = try? Value(from: decoder)
    }
}

private struct FieldName: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ name: some StringProtocol) {
        stringValue = String(name)
    }

    init?(stringValue: String) {
        self.init(stringValue)
    }

    init?(intValue: Int) {
        nil
    }
}
