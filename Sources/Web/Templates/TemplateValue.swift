/// What a name in a template stands for.
enum TemplateValue: Sendable {
    /// Known, but not there.
    case nothing
    case flag(Bool)
    case text(String)
    case list([TemplateValue])
    case fields(any TemplateFields)

    /// Nil where it has no such member: it is looked for around it then.
    func member(_ name: String) -> TemplateValue? {
        if case .fields(let fields) = self { fields.field(name) } else { nil }
    }

    /// What an inverted section is there for.
    var isAbsent: Bool {
        switch self {
        case .nothing, .flag(false): true
        case .list(let items): items.isEmpty
        case .flag(true), .text, .fields: false
        }
    }

    var isEmpty: Bool { if case .text(let text) = self { text.isEmpty } else { isAbsent } }
}

/// Something with members, each under its own name.
protocol TemplateFields: Sendable {
    /// Nil for what is no member; ``TemplateValue/nothing`` for one that is nil.
    func field(_ name: String) -> TemplateValue?
}

extension TemplateValue {
    init(_ flag: Bool) { self = .flag(flag) }
    init(_ text: String) { self = .text(text) }
    init(_ text: String?) { self = text.map(Self.text) ?? .nothing }
    init(_ fields: some TemplateFields) { self = .fields(fields) }
    init(_ fields: (some TemplateFields)?) { self = fields.map { .fields($0) } ?? .nothing }
    init(_ list: [some TemplateFields]) { self = .list(list.map { .fields($0) }) }
}
