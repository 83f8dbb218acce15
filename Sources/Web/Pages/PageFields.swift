import Foundation
import Mustache

/// A page's model as templates read it: each value looked at once.
///
/// A template's engine would look all of a model's members over by reflection for each name that it meets, and where a
/// member is nil, those of everything around it too, to end with the same name's value of another thing. Here a member
/// that is nil is known and absent.
struct PageFields: MustacheParent {
    private let members: [String: Any]

    init(_ model: Any) {
        var members: [String: Any] = [:]
        for case let (label?, value) in Mirror(reflecting: model).children { members[label] = Self.field(value) }
        self.members = members
    }

    func child(named name: String) -> Any? { members[name] }

    /// What stands for a value: what draws itself does so.
    private static func field(_ value: Any) -> Any {
        if value is String || value is Bool || value is any MustacheParent { return value }
        if let value = value as? any Drawn { return value.html }
        if let value = value as? any DrawnList { return value.html }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.map { field($0.value) } ?? NSNull()
        case .collection: return mirror.children.map { field($0.value) }
        case .struct where !(value is any CustomStringConvertible):
            return PageFields(value)
        default: return value
        }
    }
}

/// What is drawn one after the other.
protocol DrawnList {
    var html: String { get }
}

extension Array: DrawnList where Element: Drawn {
    var html: String {
        var html = ""
        for item in self { html += item.html }
        return html
    }
}
