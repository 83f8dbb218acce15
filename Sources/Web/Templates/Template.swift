/// A page's text with names in it, read once: the part of Mustache that our pages use.
///
/// `{{name}}` stands for a value, escaped; `{{{name}}}` for one that is HTML already. `{{#name}}…{{/name}}` is there for each
/// item of a list, or once with the members of what is there; `{{^name}}…{{/name}}` where it is not. `{{>name}}` is another
/// template, `{{<name}}{{$block}}…{{/block}}{{/name}}` another one with blocks of our own. A name is looked for in what is
/// innermost, then around it; `.name` in what is innermost alone, which is `.` itself; `a.b` is a member's member, and
/// `empty(name)` says whether a list or a text has nothing. A tag alone on its line leaves no line.
/// https://mustache.github.io/mustache.5.html
struct Template: Sendable {
    indirect enum Part: Sendable {
        case text([UInt8])
        case value(Name, isHTML: Bool)
        case section(Name, isInverted: Bool, [Part])
    }

    struct Name: Sendable, Equatable {
        /// None for what is innermost itself.
        let members: [String]
        let isInnermost: Bool
        let asksWhetherEmpty: Bool
    }

    let parts: [Part]

    /// - Parameter find: the texts of other templates, by name.
    init(_ text: String, find: @escaping (String) -> String? = { _ in nil }) throws(TemplateError) {
        var parser = TemplateParser(text, find: find)
        parts = try parser.parts()
    }

    /// UTF-8.
    /// - Parameter outermost: what names stand for.
    func rendered(_ outermost: TemplateValue) -> [UInt8] {
        var rendering = TemplateRendering(outermost)
        rendering.render(parts)
        return rendering.output
    }
}

/// What is wrong with a template.
struct TemplateError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
