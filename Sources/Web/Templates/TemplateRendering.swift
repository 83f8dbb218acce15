/// One template being filled.
struct TemplateRendering {
    private(set) var output: [UInt8] = []
    /// What names are looked for in, innermost last.
    private var around: [TemplateValue]

    init(_ outermost: TemplateValue) {
        around = [outermost]
        output.reserveCapacity(32_768)
    }

    mutating func render(_ parts: [Template.Part]) {
        for part in parts {
            switch part {
            case .text(let bytes): output += bytes
            case .value(let name, let isHTML):
                guard case .text(let text) = value(name) else { continue }
                if isHTML { output += text.utf8 } else { output.appendEscaped(text) }
            case .section(let name, isInverted: true, let parts): if value(name).isAbsent { render(parts) }
            case .section(let name, isInverted: false, let parts): render(parts, for: value(name))
            }
        }
    }

    private mutating func render(_ parts: [Template.Part], for value: TemplateValue) {
        switch value {
        case .nothing, .flag(false): break
        case .flag(true): render(parts)
        case .list(let items): for item in items { render(parts, in: item) }
        case .text, .fields: render(parts, in: value)
        }
    }

    private mutating func render(_ parts: [Template.Part], in value: TemplateValue) {
        around.append(value)
        render(parts)
        around.removeLast()
    }

    private func value(_ name: Template.Name) -> TemplateValue {
        var value = around[around.count - 1]
        if let first = name.members.first {
            value = (name.isInnermost ? value.member(first) : found(first)) ?? .nothing
            for member in name.members.dropFirst() { value = value.member(member) ?? .nothing }
        }
        return name.asksWhetherEmpty ? .flag(value.isEmpty) : value
    }

    private func found(_ name: String) -> TemplateValue? {
        for value in around.reversed() {
            if let member = value.member(name) { return member }
        }
        return nil
    }
}

extension [UInt8] {
    /// UTF-8 in which nothing ends a text or a quoted attribute. By bytes: a character that holds a quotation mark and
    /// an accent is no quotation mark to Swift, but one to a browser.
    mutating func appendEscaped(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            for index in bytes.indices {
                guard let entity = Self.entity(bytes[index]) else { continue }
                append(contentsOf: bytes[start..<index])
                append(contentsOf: entity.utf8)
                start = index + 1
            }
            append(contentsOf: bytes[start...])
        }
    }

    private static func entity(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}
