extension DocsPage {
    init(_ document: OpenAPI) {
        summary = document.info.summary
        introduction = document.info.description.split(separator: "\n\n").map {
            String($0).replacing("\n", with: " ")
        }
        let operations = document.paths.sorted { $0.key < $1.key }.flatMap { path, methods in
            Self.methods.compactMap { method in methods[method].map { (path, method, $0) } }
        }
        groups = document.tags.map { group in
            Group(
                name: group.name, anchor: group.name.lowercased(), summary: group.description,
                operations: operations.filter { $0.2.tags.contains(group.name) }.map { path, method, operation in
                    Operation(operation, method: method, path: path, components: document.components)
                })
        }
        // Others are named where they are used.
        models = document.components.schemas.filter { $0.value.properties != nil }.sorted { $0.key < $1.key }.map {
            name, schema in
            Model(
                name: name, anchor: Self.anchor(ofModel: name), details: schema.description,
                members: schema.orderedProperties.map { member, type in
                    Member(name: member, place: nil, type, schemas: document.components.schemas)
                })
        }
    }

    private static let methods = ["get", "post", "delete"]

    static func anchor(ofModel name: String) -> String { "model-\(name)" }
}

extension DocsPage.Operation {
    fileprivate init(_ operation: OpenAPI.Operation, method: String, path: String, components: OpenAPI.Components) {
        self.method = method.uppercased()
        self.path = path
        anchor = "\(method)-" + path.filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "/" }
        summary = operation.summary
        details = operation.description
        access =
            switch operation.security {
            case nil: nil
            case let needs? where needs.contains([:]):
                "No token is needed on most sites; whoever shows one is not rate-limited."
            default: "It takes a token."
            }
        parameters = (operation.parameters ?? []).compactMap { $0.resolved(in: components.parameters) }.map {
            DocsPage.Member(
                name: $0.name, place: $0.required == true ? "\($0.in), required" : $0.in, $0.schema,
                text: $0.description, schemas: components.schemas)
        }
        body = operation.requestBody?.content.first.map { type, media in
            DocsPage.Member(name: type, place: nil, media.schema, schemas: components.schemas)
        }
        answers = operation.responses.sorted { $0.key < $1.key }.compactMap { status, answer in
            guard let answer = answer.resolved(in: components.responses) else { return nil }
            let media = answer.content?.sorted { $0.key < $1.key } ?? []
            let described = media.lazy.compactMap(\.value.schema.referred).first
            return DocsPage.Answer(
                status: status, text: answer.description,
                type: media.isEmpty ? nil : described ?? media.map(\.key).joined(separator: ", "),
                href: described.map { "#" + DocsPage.anchor(ofModel: $0) })
        }
    }
}

extension DocsPage.Member {
    /// - Parameter text: the parameter's own description.
    fileprivate init(
        name: String, place: String?, _ schema: OpenAPI.Schema, text: String? = nil,
        schemas: [String: OpenAPI.Schema]
    ) {
        self.name = name
        self.place = place
        type = schema.words(in: schemas)
        href = schema.model(in: schemas).map { "#" + DocsPage.anchor(ofModel: $0) }
        self.text = text ?? schema.description
    }
}

extension OpenAPI.Schema {
    /// As they are listed among the required ones, which follows the answer's own order; then the others.
    fileprivate var orderedProperties: [(name: String, schema: OpenAPI.Schema)] {
        let properties = properties ?? [:]
        let first = required ?? []
        let rest = properties.keys.filter { !first.contains($0) }.sorted()
        return (first + rest).compactMap { name in properties[name].map { (name, $0) } }
    }

    /// The described object that this is, or is made of.
    fileprivate func model(in schemas: [String: OpenAPI.Schema]) -> String? {
        if let name = referred { return schemas[name]?.properties == nil ? nil : name }
        if let items { return items.model(in: schemas) }
        return oneOf?.lazy.compactMap { $0.model(in: schemas) }.first
    }

    /// What it is, in a few words.
    fileprivate func words(in schemas: [String: OpenAPI.Schema]) -> String {
        if let name = referred, let schema = schemas[name] {
            return schema.properties == nil ? schema.words(in: schemas) : name
        }
        if let items { return "list of \(items.words(in: schemas))" }
        if let oneOf { return oneOf.map { $0.words(in: schemas) }.joined(separator: " or ") }
        if let `enum` { return `enum`.map { $0 ?? "null" }.joined(separator: ", ") }
        if let const { return const }
        var words = (type?.all ?? ["object"]).map { $0 == "string" ? format ?? $0 : $0 }.joined(separator: " or ")
        if let minimum, let maximum { words += ", \(Int(minimum)) to \(Int(maximum))" }
        return words
    }
}
