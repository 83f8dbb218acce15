import Foundation
import Mustache
import OCI
import TagHistory
import Testing

@testable import Store
@testable import Web

@Suite struct PageTests {
    let renderer: PageRenderer

    init() throws {
        renderer = try Resources().renderer(version: "1.2.3")
    }

    private func overview(
        _ tags: [(TrackedTag, [Change])], _ query: TagQuery = .moved, offer: TagReference? = nil,
        status: StoreStatus? = nil, next: String? = nil
    ) throws -> String {
        let status = try status ?? Samples.status()
        let list = TagListPage(
            query,
            rows: tags.map { Samples.row($0) },
            next: next, offer: offer,
            status: status, now: TestSite.now)
        return renderer.html(
            OverviewPage(
                list, hero: renderer.html(OverviewPage.Hero(Preset.standard), template: "hero"),
                lately: .init(moved: OverviewPage.moved(tags.map(\.0)), stopped: [], now: TestSite.now),
                status: status))
    }

    private func page(_ tag: (TrackedTag, [Change]), canTrack: Bool = true) -> String {
        renderer.html(
            TagPage(
                TagPage.Content(
                    tag: tag.0, history: tag.1, statistics: Samples.statistics(tag), list: .init(tag.1),
                    permissions: .init(canTrack: canTrack), origin: "https://tags.test", now: TestSite.now)))
    }

    @Test func theOverviewShowsEachTag() throws {
        let html = try overview([Samples.tag(changesDaysAgo: [100, 50, 3])], next: "abc+/=")
        #expect(html.contains("href=\"/tags/docker.io/library/python:3.12\""))
        #expect(html.contains("3 days ago"))
        #expect(html.contains("datetime=\"2026-02-08T14:20:00Z\""))
        #expect(html.contains("3 days old"))
        #expect(html.contains("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"strip\" id=\"s1\""))
        #expect(html.contains("cursor=abc%2B/%3D"))
        #expect(html.contains("10 tags of 1 registry tracked, 1,234 changes recorded."))
        #expect(html.contains("aria-sort=\"descending\""))
        #expect(!html.contains("class=\"badge"))
    }

    @Test func aTroubledTagSaysSo() throws {
        let html = try overview([Samples.tag(state: .failing, changesDaysAgo: [9], lastError: "no <route> to host")])
        #expect(html.contains("<span class=\"badge warn\">failing</span>"))
        #expect(html.contains("no &lt;route&gt; to host"))
    }

    /// By scalars: to Swift a quotation mark with an accent is another character, to a browser it ends an attribute.
    @Test func accentsHideNoQuotationMarks() throws {
        let text = "qqx\"\u{301}qqy<\u{20dd}z"
        var query = TagQuery.moved
        query.text = text
        let tag = try Samples.tag(state: .failing, changesDaysAgo: [9], lastError: text)
        for html in [try overview([tag]), page(tag), try overview([], query)] {
            #expect(html.utf8.contains(Array("qqx&quot;\u{301}qqy&lt;\u{20dd}z".utf8)))
            #expect(!html.utf8.contains(Array("qqx\"".utf8)) && !html.utf8.contains(Array("qqy<".utf8)))
        }
    }

    @Test func anEmptyListSaysWhy() throws {
        var query = TagQuery.moved
        query.text = "\"><script>alert(1)</script>"
        let html = try overview([], query)
        #expect(html.contains("No tracked tag has"))
        #expect(!html.contains("<script>alert"))
        #expect(html.contains("value=\"&quot;&gt;&lt;script&gt;"))
        query.text = "rust:1"
        let offered = try overview([], query, offer: TagReference(parsing: "rust:1"))
        #expect(offered.contains("name=\"image\" value=\"rust:1\""))
        #expect(try !overview([], query).contains("<input type=\"hidden\" name=\"image\" value=\"rust:1\">"))
    }

    @Test func aSilentRegistryIsAnnounced() throws {
        let one = try [
            Samples.lane("docker.io", failing: 6, error: "time-out <1>"), Samples.lane("ghcr.io", failing: 5),
        ]
        #expect(try overview([], status: Samples.status(lanes: one)).contains("docker.io cannot be checked."))
        #expect(try overview([], status: Samples.status(lanes: one)).contains("time-out &lt;1&gt;"))
        let all = try [Samples.lane("docker.io", failing: 10), Samples.lane("ghcr.io", failing: 10)]
        #expect(try overview([], status: Samples.status(lanes: all)).contains("2 registries cannot be checked."))
        #expect(try overview([], status: Samples.status(hasWorker: false)).contains("No worker is running."))
        #expect(try !overview([]).contains("class=\"notice"))
    }

    @Test func aTagsPageAnswersAndShowsWhy() throws {
        let html = try page(Samples.tag(changesDaysAgo: [400, 90, 60, 30, 2]))
        #expect(
            html.contains("<p class=\"answer\">Irregular, so far: ") || html.contains("<p class=\"answer\">Quarterly: ")
        )
        #expect(html.contains("Observed for 400 days."))
        #expect(html.contains("data-copy=\"python:3.12@\(Digest.numbered(4))\""))
        #expect(html.contains("<svg class=\"chart\""))
        #expect(html.contains("class=\"strip\""))
        #expect(html.contains("between 9 Feb 2026, 13:20 and 14:20 UTC"))
        #expect(html.contains("action=\"/checks/docker.io/library/python:3.12\""))
        #expect(html.contains("href=\"/api/v1/tags/docker.io/library/python:3.12\""))
        #expect(!html.contains("Track this tag"))
    }

    /// Nothing is said as if it still were there.
    @Test func aTagThatIsGoneIsToldOfInThePast() throws {
        let (tag, seen) = try Samples.tag(state: .missing, changesDaysAgo: [90, 60, 30, 2])
        let history =
            seen + [
                Change(
                    digest: nil, kind: .missing, source: .observed,
                    observedAt: TestSite.now.advanced(bySeconds: -3_600))
            ]
        let html = page((tag, history))
        #expect(html.contains("<p class=\"answer\">Gone from the registry since 11 Feb 2026.</p>"))
        #expect(html.contains("<p class=\"lede\">Monthly: "))
        #expect(html.contains("<h3>Last seen</h3>") && !html.contains("<h3>Newest"))
        #expect(!html.contains("the next is likely"))
        #expect(html.contains("class=\"key gone\""))
        #expect(try !page(Samples.tag(changesDaysAgo: [90, 60, 30, 2])).contains("class=\"key gone\""))
    }

    /// What came of "Check now", which was pressed so many seconds ago.
    @Test(
        arguments: [
            (.unchanged, 10, .active, "the digest is the same."), (.changed, 10, .active, "a new digest."),
            (nil, 10, .pending, "Load this page again in a moment."), (.missing, 10, .missing, nil),
            (.failed, 10, .failing, nil), (.unchanged, 10, .untracked, nil), (.unchanged, 3_600, .active, nil),
            (.unchanged, -60, .active, nil),
            (.failed, 10, .active, "The registry does not answer, or asks for patience; the status page tells more."),
        ] as [(CheckOutcome?, Double, TagState, String?)])
    func aCheckTellsItsOutcome(outcome: CheckOutcome?, ago: Double, state: TagState, text: String?) throws {
        let (tag, _) = try Samples.tag(state: state, changesDaysAgo: [9, 3])
        let asked = TestSite.now.advanced(bySeconds: -ago)
        #expect(Notice.checked(tag, outcome, since: asked, now: TestSite.now)?.text == text)
    }

    /// A past that was taken in is known, but nobody watched it.
    @Test func aPastIsNotTimeWatched() throws {
        let since = TestSite.now.advanced(bySeconds: -180)
        let html = try page(Samples.tag(changesDaysAgo: [400, 90], trackedSince: since, source: .registry))
        #expect(html.contains("Observed for 3 minutes; its past is known for 400 days."))
        // Our own checks came back by an import.
        #expect(
            try page(Samples.tag(changesDaysAgo: [400, 90], trackedSince: since)).contains("Observed for 400 days."))
        #expect(try !page(Samples.tag(changesDaysAgo: [400, 90])).contains("known for"))
    }

    @Test(arguments: [
        (TagState.pending, [], nil, "Not seen yet: its first check is due."),
        (.failing, [], "a <b>", "Not seen yet: no check has succeeded."),
        (.failing, [9, 3], "a <b>", "The last check failed."),
        (.missing, [9, 3], nil, "The registry has no such tag any more."),
        (.untracked, [9, 3], nil, "This tag is not checked any more."),
    ])
    func everyStateIsExplained(state: TagState, days: [Double], error: String?, text: String) throws {
        let html = try page(Samples.tag(state: state, changesDaysAgo: days, lastError: error))
        #expect(html.contains(text))
        #expect(!html.contains("<b>"))
        #expect(html.contains("Track this tag") == (state == .untracked))
        #expect(html.contains("Check now") == (state != .untracked))
    }

    @Test func anUntrackedTagIsOffered() throws {
        let reference = try TagReference(parsing: "rust:1")
        #expect(renderer.html(TagPage(untracked: reference, permissions: .init())).contains("Track this tag"))
        let closed = renderer.html(TagPage(untracked: reference, permissions: .init(canTrack: false)))
        #expect(!closed.contains("Track this tag"))
        #expect(closed.contains("only its operator adds tags"))
    }

    @Test func theStatusPageShowsLanesAndDays() throws {
        let lanes = try [Samples.lane("docker.io", failing: 2, error: "a < b")]
        let html = try renderer.html(
            StatusPage(Samples.status(lanes: lanes), version: "1.2.3", now: TestSite.now))
        #expect(html.contains("Every tag is checked in its time."))
        #expect(html.contains("a &lt; b"))
        #expect(html.contains("worker &lt;1&gt;"))
        #expect(html.contains("11 Feb 2026: 1,011 answered, 5 failed"))
        #expect(html.contains("49 ms"))
        let idle = try renderer.html(
            StatusPage(Samples.status(hasWorker: false), version: "1.2.3", now: TestSite.now))
        #expect(idle.contains("No worker is running, so nothing is checked."))
    }

    @Test(arguments: [
        (0, (6, 6), "healthy"), (2, (6, 6), "healthy"), (3, (6, 6), "disturbed"), (3, (7, 6), "healthy"),
        (3, (2, 2), "healthy"),
        (6, (0, 0), "disturbed"), (0, (0, 0), "healthy"),
    ])
    func aRegistryThatAnswersNothingIsNamed(failing: Int, recent: (Int, Int), state: String) throws {
        let lanes = [
            try Samples.lane("docker.io", failing: failing, error: "it is away", recent: recent),
            try Samples.lane("ghcr.io", failing: 0, recent: (9, 1)),
        ]
        let status = try Samples.status(lanes: lanes)
        let page = StatusPage(status, version: "1.2.3", now: TestSite.now)
        let json = StatusJSON(status, version: "1.2.3", now: TestSite.now)
        #expect(page.badge?.label == state && json.health.state.rawValue == state)
        #expect(page.answer == json.health.text)
        #expect(page.notices.isEmpty == (state == "healthy"))
        #expect(page.answer.contains("docker.io") == (state == "disturbed"))
        #expect(!page.answer.contains("ghcr.io"))
        let html = renderer.html(page)
        #expect(html.contains("None of its last 6 checks") == (failing == 3 && recent == (6, 6)))
    }

    @Test(arguments: [
        (0.0, "–", "–", "healthy"), (300, "on time", "2 days · 5.3 days · 7 days", "healthy"),
        (-7_200, "2 hours ahead", "2 days", "healthy"), (7_200, "2 hours behind", "2 days", "healthy"),
        (950_400, "11 days behind", "2 days", "catching up"),
    ])
    func theStatusPageShowsTheSchedule(lag: Double, clock: String, intervals: String, badge: String) throws {
        let schedule = LaneStatus.Schedule(
            requestsPerSecond: 0.01, spacing: 2, meanDelaySeconds: 10_800, lagSeconds: lag)
        let lane = try Samples.lane("docker.io", failing: 0, schedule: schedule)
        let page = StatusPage(try Samples.status(lanes: [lane]), version: "1.2.3", now: TestSite.now)
        let pace = try #require(page.paces.first)
        #expect(pace.clock == clock && pace.intervals.hasPrefix(intervals) && page.badge?.label == badge)
        #expect(pace.budget == "36 requests an hour" && pace.delay == "3 hours")
        #expect(
            pace.uses
                == "Checks in 24 hours: 4 in turn, 3 because a sibling had changed, 2 to verify listings, "
                + "1 that somebody asked for.")
        #expect(renderer.html(page).contains("A change is seen after"))
        #expect(renderer.html(page).contains("checked at one interval") == (lag == 0))
        #expect(renderer.html(page).contains("The oftener a tag changes") == (lag != 0))
    }

    @Test func theStatusPageShowsHosts() throws {
        var status = try Samples.status()
        status.hosts = Samples.hosts()
        let html = renderer.html(StatusPage(status, version: "1.2.3", now: TestSite.now))
        for text in [
            "registry-1.docker.io<", "auth.docker.io<", "registry.test:5000<", "being tried", "no limit",
            "9 of 100 in 6 hours", "1,204", "24 hours: 1,100 for checks, 104 for manifests", ">, 1 free now<",
            "a &lt; b",
            "left alone; asked again <time", "in 5 minutes",
        ] { #expect(html.contains(text), "\(text)") }
        #expect(!html.contains("Optional("))
    }

    /// A repository whose tags cannot be listed has no tag that would tell so.
    @Test func followedRepositoriesTellHowTheirListingsGo() throws {
        var status = try Samples.status()
        #expect(!renderer.html(StatusPage(status, version: "1", now: TestSite.now)).contains("Followed repositories"))
        status.followed = try Samples.followed()
        let html = renderer.html(StatusPage(status, version: "1", now: TestSite.now))
        for text in [
            "Followed repositories", "/repositories/docker.io/library/python\">python<", "50 of 1,300",
            "not known yet", "a &lt; b", "never",
        ] { #expect(html.contains(text), "\(text)") }
        let data = try JSONEncoder().encode(StatusJSON(status, version: "1", now: TestSite.now))
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let followed = try #require(json["followed"] as? [[String: Any]])
        #expect(followed.map { $0["lastError"] as? String } == [nil, "a < b"])
        #expect(followed.first?["selected"] as? Int == 50)
    }

    @Test func everyPageHasItsFrame() throws {
        let pages = try [
            overview([]), page(Samples.tag(changesDaysAgo: [9, 3])),
            renderer.html(ErrorPage(status: 404, heading: "<i>", detail: "<i>")),
        ]
        for html in pages {
            #expect(html.hasPrefix("<!doctype html>"))
            #expect(html.contains("<html lang=\"en\">"))
            #expect(html.contains("href=\"#content\""))
            #expect(html.contains("<main id=\"content\""))
            #expect(html.contains("Tagbeat 1.2.3"))
            #expect(html.components(separatedBy: "<h1").count == 2)
            #expect(!html.contains("{{"))
            #expect(!html.contains("Optional("))
            #expect(!html.contains(" style="))
            #expect(!html.contains("<i>"))
            // But for the snippets for other pages, and the name of SVG.
            let outside = html.replacing("http://www.w3.org/2000/svg", with: "")
                .replacing("https://tags.test", with: "")
            #expect(!outside.contains("http://") && !outside.contains("https://"))
        }
    }

    /// What an image says of itself is anybody's text. A quotation mark with an accent is one character to Swift.
    @Test func whatImagesSayIsText() throws {
        let (tag, history) = try Samples.tag(changesDaysAgo: [9, 3])
        let facts = ImageFacts(version: "<i>\"\u{301} onclick=")
        let html = TagPage.Change(history[1], of: tag.reference, facts: facts, now: TestSite.now).html
        #expect(html.contains("&lt;i&gt;&quot;\u{301} onclick="))
        #expect(!html.contains("<i>"))
    }

    @Test func hostsAreEncodedInFull() throws {
        var status = try Samples.status()
        status.hosts = Samples.hosts()
        let data = try JSONEncoder().encode(StatusJSON(status, version: "1", now: TestSite.now))
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let hosts = try #require(json["hosts"] as? [[String: Any]])
        #expect(hosts.map { $0["circuit"] as? String } == ["closed", "open", "halfOpen"])
        #expect(hosts.map { $0["tokens"] as? Double } == [1.9, 0, nil])
        #expect(hosts[0]["requestsPerSecond"] as? Double == 10)
        #expect((hosts[0]["quota"] as? [String: Any])?["remaining"] as? Int == 9)
        #expect((hosts[0]["requestsLastDay"] as? [String: Int])?["content"] == 104)
        #expect((hosts[0]["requestsThisHour"] as? [String: Int])?["token"] == 0)
        #expect(hosts[1]["pausedUntil"] as? String == "2026-02-11T14:25:00Z")
        #expect(hosts[1]["isHostsWish"] as? Bool == true)
        #expect(hosts[2]["requestsPerSecond"] is NSNull)
        #expect((json["lanes"] as? [[String: Any]])?.first?["requestsLastDay"] is [String: Int])
    }
}
