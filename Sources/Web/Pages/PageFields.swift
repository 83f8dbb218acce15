/// A page's model as templates read it: each member looked up by reflection, once.
///
/// What stands in a page many times names its members itself.
struct PageFields: TemplateFields {
    private let members: [String: TemplateValue]

    init(_ model: Any) {
        var members: [String: TemplateValue] = [:]
        for case let (label?, value) in Mirror(reflecting: model).children { members[label] = Self.value(value) }
        self.members = members
    }

    func field(_ name: String) -> TemplateValue? { members[name] }

    private static func value(_ value: Any) -> TemplateValue {
        switch value {
        case let text as String: return .text(text)
        case let flag as Bool: return .flag(flag)
        case let fields as any TemplateFields: return .fields(fields)
        default: break
        }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.map { self.value($0.value) } ?? .nothing
        case .collection: return .list(mirror.children.map { self.value($0.value) })
        case .struct where !(value is any CustomStringConvertible): return .fields(PageFields(value))
        default: return .text(String(describing: value))
        }
    }
}
