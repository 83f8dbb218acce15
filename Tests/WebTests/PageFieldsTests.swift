import Mustache
import Testing

@testable import Web

@Suite struct PageFieldsTests {
    private struct Inner {
        let label: String
        var note: String?
    }

    private struct Model {
        let label = "outer <1>"
        let note: String? = "outer note"
        let isOn = true
        let inner = Inner(label: "inner")
        let items: [Inner] = [Inner(label: "a", note: "x"), Inner(label: "b")]
        let none: [String] = []
        let missing: Inner? = nil
        let link = Link(label: "<b>", href: "/a&b")
        let links = [Link(label: "1", href: "/1"), Link(label: "2", href: "/2", isCurrent: true)]
        let noLinks: [Link] = []
        let noLink: Link? = nil
    }

    @Test(arguments: [
        ("{{label}} {{{label}}}", "outer &lt;1&gt; outer <1>"),
        ("{{#isOn}}on{{/isOn}}{{^isOn}}off{{/isOn}}", "on"),
        ("{{inner.label}} {{#inner}}{{label}}{{/inner}}", "inner inner"),
        // A member that is nil hides what bears the same name around it.
        ("{{#items}}{{label}}{{#note}}({{.}}){{/note}}{{^note}}-{{/note}} {{/items}}", "a(x) b- "),
        ("{{#items}}{{#isOn}}{{label}}{{/isOn}}{{/items}}", "ab"),
        ("{{#empty(none)}}empty{{/empty(none)}}{{^empty(items)}}full{{/empty(items)}}", "emptyfull"),
        ("{{{link}}}{{#noLink}}{{{.}}}{{/noLink}}", "<a href=\"/a&amp;b\">&lt;b&gt;</a> "),
        ("{{{links}}}", "<a href=\"/1\">1</a> <a href=\"/2\" aria-current=\"true\">2</a> "),
        (
            "[{{{noLinks}}}{{{noLink}}}]{{#empty(noLinks)}}none{{/empty(noLinks)}}{{^empty(links)}}some{{/empty(links)}}",
            "[]nonesome"
        ),
        ("{{#missing}}there{{/missing}}{{^missing}}absent{{/missing}}[{{missing}}][{{unknown}}]", "absent[][]"),
    ])
    func templatesReadMembers(template: String, text: String) throws {
        #expect(try MustacheTemplate(string: template).render(PageFields(Model())) == text)
    }

    /// Not by characters: a browser sees the quotation mark, whatever accent follows it.
    @Test(arguments: [
        ("<>&\"'", "&lt;&gt;&amp;&quot;&#39;"), ("\"\u{301}", "&quot;\u{301}"), ("<\u{20dd}", "&lt;\u{20dd}"),
        ("é € 😀\0\r\n", "é € 😀\r\n"), ("", ""), ("a'", "a&#39;"),
    ])
    func textEndsNothing(text: String, escaped: String) throws {
        let text = PageText().escapeText(text)
        #expect(text.unicodeScalars.elementsEqual(escaped.unicodeScalars))
    }
}
