import Foundation
import Mustache

/// A page's model as templates read it: each value looked at once.
///
/// A template's engine would look all of a model's members over by reflection for each name that it meets, and where a
/// member is nil, those of everything around it too, to end with the same name's value of another thing. Here a member
/// that is nil is known and absent.
struct PageFields: MustacheParent {
    private let members: [String: Any]

    /// - Parameter part: renders what is a part of its own.
    init(_ model: Any, part: (any PagePart) -> String = { _ in "" }) {
        var members: [String: Any] = [:]
        for case let (label?, value) in Mirror(reflecting: model).children { members[label] = Self.field(value, part) }
        self.members = members
    }

    func child(named name: String) -> Any? { members[name] }

    /// What stands for a value: what renders itself does so.
    private static func field(_ value: Any, _ part: (any PagePart) -> String) -> Any {
        if let value = value as? any PagePart { return part(value) }
        if value is String || value is Bool || value is any MustacheParent { return value }
        if let value = value as? any Drawn { return value.html }
        if let value = value as? any DrawnList { return value.html }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.map { field($0.value, part) } ?? NSNull()
        case .collection: return mirror.children.map { field($0.value, part) }
        case .struct where !(value is any CustomStringConvertible):
            return PageFields(value, part: part)
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
