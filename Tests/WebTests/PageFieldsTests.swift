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
    }

    @Test(arguments: [
        ("{{label}} {{{label}}}", "outer &lt;1&gt; outer <1>"),
        ("{{#isOn}}on{{/isOn}}{{^isOn}}off{{/isOn}}", "on"),
        ("{{inner.label}} {{#inner}}{{label}}{{/inner}}", "inner inner"),
        // A member that is nil hides what bears the same name around it.
        ("{{#items}}{{label}}{{#note}}({{.}}){{/note}}{{^note}}-{{/note}} {{/items}}", "a(x) b- "),
        ("{{#items}}{{#isOn}}{{label}}{{/isOn}}{{/items}}", "ab"),
        ("{{#empty(none)}}empty{{/empty(none)}}{{^empty(items)}}full{{/empty(items)}}", "emptyfull"),
        ("{{#missing}}there{{/missing}}{{^missing}}absent{{/missing}}[{{missing}}][{{unknown}}]", "absent[][]"),
    ])
    func templatesReadMembers(template: String, text: String) throws {
        #expect(try MustacheTemplate(string: template).render(PageFields(Model())) == text)
    }
}
