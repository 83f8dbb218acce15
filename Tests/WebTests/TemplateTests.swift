import Testing

@testable import Web

@Suite struct TemplateTests {
    private struct Inner {
        let label: String
        var note: String?
    }

    private struct Model {
        let label = "outer <1>"
        let note: String? = "outer note"
        let isOn = true
        let count = 3
        let inner = Inner(label: "inner")
        let items: [Inner] = [Inner(label: "a", note: "x"), Inner(label: "b")]
        let texts = ["a", "<b>"]
        let none: [String] = []
        let blank = ""
        let missing: Inner? = nil
    }

    private static let others = [
        "row": "[{{label}}]", "line": "{{label}}\n",
        "frame": "<\n{{$content}}nothing{{/content}}\n>{{$foot}}.{{/foot}}",
        "endless": "{{>endless}}",
    ]

    private func rendered(_ template: String, _ model: Any = Model()) throws -> String {
        let template = try Template(template) { Self.others[$0] }
        return String(decoding: template.rendered(.fields(PageFields(model))), as: UTF8.self)
    }

    @Test(arguments: [
        ("{{label}} {{{label}}} {{count}}", "outer &lt;1&gt; outer <1> 3"),
        ("{{#isOn}}on{{/isOn}}{{^isOn}}off{{/isOn}}", "on"),
        ("{{inner.label}} {{#inner}}{{label}}{{/inner}}{{inner.nothing}}{{nothing.label}}", "inner inner"),
        // A member that is nil hides what bears the same name around it.
        ("{{#items}}{{label}}{{#note}}({{.}}){{/note}}{{^note}}-{{/note}} {{/items}}", "a(x) b- "),
        ("{{#items}}{{#isOn}}{{label}}{{/isOn}}{{/items}}", "ab"),
        ("{{#items}}{{#.isOn}}{{label}}{{/.isOn}}{{/items}}", ""),
        ("{{#texts}}{{.}};{{/texts}}{{#none}}none{{/none}}{{^none}}none{{/none}}", "a;&lt;b&gt;;none"),
        ("{{#empty(none)}}empty{{/empty(none)}}{{^empty(items)}}full{{/empty(items)}}", "emptyfull"),
        ("{{#empty(blank)}}blank{{/empty(blank)}}{{#blank}}, but there{{/blank}}", "blank, but there"),
        ("{{#missing}}there{{/missing}}{{^missing}}absent{{/missing}}[{{missing}}][{{unknown}}]", "absent[][]"),
    ])
    func templatesReadMembers(template: String, text: String) throws {
        #expect(try rendered(template) == text)
    }

    @Test(arguments: [
        ("a\n{{#isOn}}\nb\n{{/isOn}}\nc", "a\nb\nc"),
        ("a\n  {{#isOn}}  \nb\n\t{{/isOn}}", "a\nb\n"),
        ("a {{#isOn}}\nb{{/isOn}}\nc", "a \nb\nc"),
        ("{{#isOn}}{{/isOn}}\na", "\na"),
        ("{{count}}\na", "3\na"),
        ("{{#items}}\n{{>line}}\n{{/items}}\n", "a\nb\n"),
        ("{{#items}}{{>row}}{{/items}}", "[a][b]"),
        ("{{<frame}}\n{{$content}}\n{{label}}\n{{/content}}\nbetween\n{{/frame}}\n", "<\nouter &lt;1&gt;\n\n>."),
        ("{{<frame}}{{$foot}}!{{/foot}}{{/frame}}", "<\nnothing\n>!"),
    ])
    func tagsAloneOnTheirLinesLeaveNone(template: String, text: String) throws {
        #expect(try rendered(template) == text)
    }

    /// Not by characters: a browser sees the quotation mark, whatever accent follows it.
    @Test(arguments: [
        ("<>&\"'", "&lt;&gt;&amp;&quot;&#39;"), ("\"\u{301}", "&quot;\u{301}"), ("<\u{20dd}", "&lt;\u{20dd}"),
        ("é € 😀\0\r\n", "é € 😀\0\r\n"), ("", ""), ("a'", "a&#39;"),
    ])
    func textEndsNothing(text: String, escaped: String) throws {
        #expect(
            try rendered("\"{{label}}\"", Inner(label: text)).unicodeScalars.elementsEqual(
                "\"\(escaped)\"".unicodeScalars))
    }

    @Test(arguments: [
        ("{{#a}}", "{{/a}} is missing"), ("{{/a}}", "{{/a}} closes nothing"), ("{{#a}}{{/b}}", "{{/b}} closes nothing"),
        ("{{a", "a tag has no end"), ("{{", "a tag has no end"), ("{{{a}}", "a tag has no end"),
        ("{{}}", "“” is no name"), ("{{ a }}", "“ a ” is no name"), ("{{count(a)}}", "“count(a)” is no name"),
        ("{{>nothing}}", "there is no template nothing"), ("{{>endless}}", "endless is in itself"),
        ("{{<frame}}", "{{/frame}} is missing"), ("{{<frame}}{{a}}{{/frame}}", "in {{<frame}} there are only blocks"),
    ])
    func whatIsWrongIsSaid(template: String, reason: String) {
        #expect(throws: TemplateError(reason)) { try Template(template) { Self.others[$0] } }
    }
}
