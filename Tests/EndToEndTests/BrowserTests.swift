import Foundation
import TestSupport
import Testing

/// Every page in a real browser: how it looks, whether it keeps to itself, and whether everybody can use it.
@Suite(.serialized) struct BrowserTests {
    /// With a site and a browser; both end afterwards.
    private static func run(_ test: (Site, Chromium) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let site = try await PageSamples.start(in: folder)
        let chromium = try Chromium()
        do {
            try await test(site, chromium)
        } catch {
            await chromium.close()
            _ = await site.stop()
            throw error
        }
        await chromium.close()
        #expect(await site.stop() == 0)
    }

    /// Light and dark, wide and on a phone: nothing is wider than the screen, no error, no request to anyone else, and
    /// axe's rules hold. The pictures are kept to be looked at.
    @Test func pagesLookAndBehaveAsTheyShould() async throws {
        let axe = try await PageTools.axe()
        try await Self.run { site, chromium in
            for scheme in Browser.Scheme.allCases {
                for width in Browser.widths {
                    let page = try await BrowserPage.open(in: chromium, width: width, scheme: scheme)
                    for sample in PageSamples.pages {
                        let name = "\(sample.name)-\(scheme)-\(width)"
                        try await page.go(to: site.address + sample.path)
                        let wide = try await page.evaluate(
                            "document.documentElement.scrollWidth - document.documentElement.clientWidth")
                        #expect(wide as? Int == 0, "\(name) is wider than its window")
                        #expect(try await page.picture(name).count > 8_000, "\(name)")
                        let found = try await page.evaluate(axe + ";" + Self.rules) as? String
                        #expect(found == "", "\(name): \(found ?? "no answer")")
                    }
                    Self.expectPrivacy(of: page, site)
                }
            }
        }
    }

    /// What axe finds wrong, as text.
    static let rules = """
        axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        .then(found => found.violations.map(violation => violation.id + ": " + violation.nodes.slice(0, 3)
        .map(node => node.target.join(" ") + " " + node.failureSummary).join("; ")).join("\\n"))
        """

    private static func expectPrivacy(of page: BrowserPage, _ site: Site) {
        let strangers = page.requests.filter {
            !$0.hasPrefix(site.address + "/") && !$0.hasPrefix("data:") && !$0.hasPrefix("about:")
        }
        #expect(strangers.isEmpty, "\(strangers)")
        // That a page's own status is 404 is what it is for.
        let complaints = page.complaints.filter { !$0.contains("the server responded with a status of 404") }
        #expect(complaints.isEmpty, "\(complaints)")
    }

    /// https://validator.github.io/validator/
    @Test func everyPageIsValidHTML() async throws {
        let folder = try TemporaryFolder()
        let site = try await PageSamples.start(in: folder)
        var documents: [String: String] = [:]
        for sample in PageSamples.pages {
            let answer = try await site.get(sample.path)
            #expect(answer.status == sample.status, "\(sample.path)")
            documents[sample.name] = answer.text
        }
        let errors = try await PageTools.errors(in: documents)
        #expect(errors == "")
        #expect(await site.stop() == 0)
    }

    @Test func theKeyboardAloneIsEnough() async throws {
        try await Self.run { site, chromium in
            let page = try await BrowserPage.open(in: chromium, width: 1280)
            for path in ["/", "/compare", "/status", PageSamples.pages[6].path] {
                try await page.go(to: site.address + path)
                let expected = try await page.evaluate(Self.stops) as? Int ?? 0
                var seen: [String] = []
                for _ in 0..<expected {
                    try await page.press("Tab")
                    seen.append(try await page.evaluate(Self.focused) as? String ?? "nothing")
                }
                #expect(seen.first?.contains("skip") == true, "\(path): \(seen.prefix(2))")
                #expect(Set(seen).count == expected, "\(path): \(seen)")
                // Each has a ring around it, and they come in the order of the page.
                #expect(!seen.contains { $0.hasSuffix("without ring") }, "\(path): \(seen)")
                let places = seen.compactMap { Int($0.prefix { $0 != " " }) }
                #expect(places == places.sorted(), "\(path)")
            }
            try await page.go(to: site.address)
            #expect(try await page.focus("#box"))
            try await page.type("127.0.0.1:9/library/weekly:1")
            try await page.follow { try await page.press("Enter") }
            #expect(try await page.url == site.address + "/tags/127.0.0.1:9/library/weekly:1")
            // The skip link leads past the head.
            try await page.press("Tab")
            try await page.press("Enter")
            #expect(try await page.evaluate("location.hash") as? String == "#content")
            Self.expectPrivacy(of: page, site)
        }
    }

    private static let focusable =
        "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"

    /// How many elements take the focus.
    private static let stops = """
        [...document.querySelectorAll("\(focusable)")].filter(e => e.checkVisibility()).length
        """

    /// Where the focused element stands in the page, what it is, and whether one sees that it has the focus.
    private static let focused = """
        (() => {
            const all = [...document.querySelectorAll("\(focusable)")].filter(e => e.checkVisibility());
            const e = document.activeElement;
            const ring = getComputedStyle(e).outlineStyle !== "none" ? "" : " without ring";
            return all.indexOf(e) + " " + e.tagName + "." + e.className + ring;
        })()
        """

    @Test func everythingWorksWithoutScript() async throws {
        try await Self.run { site, chromium in
            let page = try await BrowserPage.open(in: chromium, width: 390, hasScript: false)
            try await page.go(to: site.address)
            #expect(try await page.focus("#box"))
            try await page.type("FROM 127.0.0.1:9/library/weekly:1 AS a\nFROM 127.0.0.1:9/library/unknown:2\n")
            try await page.press("Tab")
            try await page.follow { try await page.press("Enter") }
            try await page.picture("pasted-without-script")
            #expect(try await page.evaluate("document.querySelector('h1').textContent") as? String == "2 images")
            #expect(try await page.focus("#share"))
            try await page.follow { try await page.press("Enter") }
            #expect(try await page.url.contains("/?image=127.0.0.1:9/library/weekly:1&image="))
            try await page.go(to: site.address)
            #expect(try await page.focus("#query"))
            try await page.type("month")
            try await page.follow { try await page.press("Enter") }
            #expect(try await page.evaluate("document.querySelectorAll('table.tags tbody tr').length") as? Int == 1)
            try await page.go(to: site.address + "/tags/127.0.0.1:9/library/weekly:1")
            // Buttons that need a script are not there.
            #expect(
                try await page.evaluate("document.querySelectorAll('button.copy:not([hidden])').length") as? Int == 0)
            #expect(try await page.focus("#digest"))
            try await page.type("sha256:" + PageSamples.digest(7))
            try await page.follow { try await page.press("Enter") }
            let answer = try await page.evaluate("document.querySelector('#use .notice').textContent") as? String
            #expect(answer?.contains("behind") == true)
            Self.expectPrivacy(of: page, site)
        }
    }

    @Test func theTableFollowsWhatOneTypes() async throws {
        try await Self.run { site, chromium in
            let page = try await BrowserPage.open(in: chromium, width: 1280)
            try await page.go(to: site.address)
            let rows = "document.querySelectorAll('#taglist tbody tr').length"
            let all = try await page.evaluate(rows) as? Int ?? 0
            #expect(all > 5)
            #expect(try await page.focus("#query"))
            try await page.type("mont")
            #expect(try await page.wait(until: rows + " === 1"))
            #expect(try await page.url == site.address + "/?query=mont")
            try await page.type("h<script>")
            #expect(try await page.wait(until: "document.querySelector('#taglist .empty') !== null"))
            try await page.picture("search-as-one-types")
            // What is wiped out is looked for no more, also where the page came with it.
            let title = "document.querySelector('#list-title').textContent"
            #expect(try await page.evaluate(title) as? String == "Tags with “month<script>”")
            try await page.go(to: site.address + "/?query=mont")
            #expect(try await page.evaluate(rows) as? Int == 1)
            #expect(try await page.focus("#query"))
            _ = try await page.evaluate("document.querySelector('#query').select()")
            try await page.press("Backspace")
            #expect(try await page.wait(until: rows + " === \(all)"))
            #expect(try await page.evaluate(title) as? String == "All tags")
            #expect(try await page.url == site.address + "/")
            try await page.go(to: site.address + "/tags/127.0.0.1:9/library/weekly:1")
            #expect(
                try await page.evaluate("document.querySelectorAll('button.copy:not([hidden])').length") as? Int ?? 0
                    > 10)
            Self.expectPrivacy(of: page, site)
        }
    }
}
