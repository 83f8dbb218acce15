/// As much of OpenAPI 3.1 as our own document uses.
struct OpenAPI: Decodable, Sendable {
    let info: Info
    let tags: [Group]
    let paths: [String: [String: Operation]]
    let components: Components

    struct Info: Decodable, Sendable {
        let title: String
        let summary: String
        let description: String
        let version: String
    }

    struct Group: Decodable, Sendable {
        let name: String
        let description: String
    }

    struct Components: Decodable, Sendable {
        let parameters: [String: Parameter]
        let responses: [String: Answer]
        let schemas: [String: Schema]
    }

    struct Operation: Decodable, Sendable {
        let tags: [String]
        let summary: String
        let description: String?
        let security: [[String: [String]]]?
        let parameters: [Referable<Parameter>]?
        let requestBody: Body?
        let responses: [String: Referable<Answer>]
    }

    struct Parameter: Decodable, Sendable {
        let name: String
        let `in`: String
        let required: Bool?
        let description: String?
        let schema: Schema
    }

    struct Body: Decodable, Sendable { let content: [String: Media] }
    struct Media: Decodable, Sendable { let schema: Schema }

    struct Answer: Decodable, Sendable {
        let description: String
        let content: [String: Media]?
    }

    /// A class, because schemas hold schemas.
    final class Schema: Decodable, Sendable {
        let ref: String?
        let type: OneOrMany?
        let format: String?
        let description: String?
        let `enum`: [String?]?
        let const: String?
        let required: [String]?
        let properties: [String: Schema]?
        let items: Schema?
        let oneOf: [Schema]?
        let minimum: Double?
        let maximum: Double?

        private enum CodingKeys: String, CodingKey {
            case type, format, description, `enum`, const, required, properties, items, oneOf, minimum, maximum
            case ref = "$ref"
        }

        /// The name among the components.
        var referred: String? { ref.flatMap { $0.split(separator: "/").last.map(String.init) } }
    }

    enum OneOrMany: Decodable, Sendable {
        case one(String)
        case many([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .one(text)
            } else {
                self = .many(try container.decode([String].self))
            }
        }

        var all: [String] {
            switch self {
            case .one(let text): [text]
            case .many(let texts): texts
            }
        }
    }

    /// A component's name, or the thing itself.
    enum Referable<Value: Decodable & Sendable>: Decodable, Sendable {
        case name(String)
        case value(Value)

        private enum CodingKeys: String, CodingKey { case ref = "$ref" }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            if let ref = try container.decodeIfPresent(String.self, forKey: .ref) {
                self = .name(String(ref.split(separator: "/").last ?? ""))
            } else {
                self = .value(try Value(from: decoder))
            }
        }

        func resolved(in components: [String: Value]) -> Value? {
            switch self {
            case .name(let name): components[name]
            case .value(let value): value
            }
        }
    }
}
