import Foundation
import Mustache
import OCI
import TagHistory
import Testing

@testable import Store
@testable import Web

/// What a tag's page says besides its answer: digests to use, other tags, what is folded away.
@Suite struct TagPageTests {
    private func content(
        changesDaysAgo days: [Double], own: TagPage.OwnDigest? = nil
    ) throws -> TagPage.Content {
        let (tag, history) = try Samples.tag(changesDaysAgo: days)
        return TagPage.Content(
            tag: tag, history: history, statistics: Samples.statistics((tag, history)), list: .init(history), own: own,
            now: TestSite.now)
    }

    private func own(_ text: String, holders: [Digest] = []) -> TagPage.OwnDigest {
        var own = TagPage.OwnDigest(text)
        own.holders = Set(holders + [own.digest].compactMap(\.self))
        return own
    }

    /// And those of the first screen.
    @Test func itsTemplateFindsAllMembers() throws {
        var content = try content(changesDaysAgo: [100, 50, 3], own: own("sha256:12"))
        content.offered = OfferedPart(of: content.tag.reference.repository, on: "/", from: content.tag.reference)
        content.siblings = try ["3.12", "3"].map { name in
            RepositoryTag(
                id: 1,
                reference: TagReference(repository: content.tag.reference.repository, tag: try Tag(parsing: name)),
                state: .active, lastChangedAt: nil)
        }
        let page = TagPage(content)
        let use = try #require(page.use)
        let siblings = try #require(page.siblings)
        let status = try Samples.status()
        let list = TagListPage(
            .moved, rows: [Samples.row((content.tag, content.history))], next: "next",
            offer: content.tag.reference, status: status, now: TestSite.now)
        let models: [any MustacheParent] = [
            page, use, use.pins[0], siblings, try #require(siblings.groups.first),
            try #require(page.embedding), try #require(page.offered), list, try #require(list.table),
            OverviewPage(list, hero: "", lately: .init(moved: [], stopped: [], now: TestSite.now), status: status),
        ]
        for model in models {
            for case let (name?, value) in Mirror(reflecting: model).children {
                let mirror = Mirror(reflecting: value)
                guard mirror.displayStyle != .optional || !mirror.children.isEmpty else { continue }
                let child = model.child(named: name)
                #expect(child != nil, "\(name) of \(type(of: model))")
                if let text = value as? String { #expect(child as? String == text, "\(name)") }
            }
            #expect(model.child(named: "nothing") == nil)
        }
    }

    /// Of some minutes a year would be made millions.
    @Test func aYearIsToldOfFromAWeekOn() throws {
        for (days, isTold) in [(6.9, false), (7.1, true)] {
            let facts = TagPage.intervals(try content(changesDaysAgo: [days, 1]).statistics)
            #expect(facts.contains { $0.label == "Expected per year" } == isTold)
        }
    }

    @Test func theNewestAndTheSettledDigestAreOffered() throws {
        let use = TagPage.Use(try content(changesDaysAgo: [100, 50, 3]))
        #expect(use.pins.map(\.label) == ["Newest", "Settled"])
        #expect(use.pins[0].text == "python:3.12@\(Digest.numbered(2))")
        #expect(use.pins[1].text == "python:3.12@\(Digest.numbered(1))")
        #expect(use.pins[1].hint.contains("1 update behind the newest"))
        let settled = TagPage.Use(try content(changesDaysAgo: [100, 50]))
        #expect(settled.pins.map(\.label) == ["Newest, and settled"])
        let young = TagPage.Use(try content(changesDaysAgo: [3]))
        #expect(young.pins.map(\.label) == ["Newest"])
        #expect(young.unsettled != nil)
    }

    @Test(arguments: [
        ("sha256:12", "That is no digest."), ("\(Digest.numbered(2))", "Up to date."),
        ("python:3.12@\(Digest.numbered(1))", "1 update and 3.0 days behind."),
        ("\(Digest.numbered(0))", "2 updates and 50 days behind."),
        (String("\(Digest.numbered(0))".dropFirst(7)), "2 updates and 50 days behind."),
        ("\(Digest.numbered(9))", "Not a digest of this tag, as far as is known."),
    ])
    func anOwnDigestIsJudged(text: String, heading: String) throws {
        let use = TagPage.Use(try content(changesDaysAgo: [100, 50, 3], own: own(text)))
        let expected = heading.replacing("3.0 days", with: "3 days")
        #expect(use.verdict?.heading == expected)
        #expect(use.own == text)
    }

    @Test func anImageOfAnIndexIsJudgedByTheIndex() throws {
        let image = own("\(Digest.numbered(9))", holders: [.numbered(1)])
        let verdict = try #require(TagPage.Use(content(changesDaysAgo: [100, 50, 3], own: image)).verdict)
        #expect(verdict.heading == "1 update and 3 days behind.")
        #expect(verdict.text.hasPrefix("It is one platform’s image of"))
    }

    @Test func pagesOfChangesStayWhereTheyAre() throws {
        let (_, history) = try Samples.tag(changesDaysAgo: (0..<45).map { Double(200 - $0) })
        let first = TagPage.ChangeList(history)
        #expect(first.items.first == history.last && first.items.count == 20)
        #expect(first.next == 25 && !first.isContinued)
        let second = TagPage.ChangeList(history, older: first.next)
        let third = TagPage.ChangeList(history, older: second.next)
        #expect(first.items + second.items + third.items == history.reversed())
        #expect(third.next == nil && third.isContinued)
        #expect(TagPage.ChangeList([], older: 7).items.isEmpty)
    }

    @Test func otherTagsAreNamedByWhatTheyShare() throws {
        let repository = try Repository(parsing: "python")
        let names = ["3", "3.12", "3.12.13", "3.12.12", "3.12-slim", "3.12.13-slim", "3.13", "3.11", "latest"]
        let tags = try names.map { name in
            RepositoryTag(
                id: 1, reference: TagReference(repository: repository, tag: try Tag(parsing: name)), state: .active,
                lastChangedAt: nil)
        }
        func groups(_ name: String) throws -> [String: [String]] {
            let reference = TagReference(repository: repository, tag: try Tag(parsing: name))
            let siblings = TagPage.Siblings(of: reference, tags: tags)
            return Dictionary(uniqueKeysWithValues: siblings.groups.map { ($0.heading, $0.tags.map(\.label)) })
        }
        #expect(
            try groups("3.12") == [
                "At other precisions": ["3.12.13", "3"],
                "The same version in other variants": ["3.12-slim"], "Newer versions of the same shape": ["3.13"],
            ])
        #expect(try groups("3.12.13")["At other precisions"] == ["3.12", "3"])
        #expect(try groups("latest").isEmpty)
        #expect(try groups("nightly") == ["Other names": ["latest"]])
        for name in ["nightly", "3.12"] {
            let reference = TagReference(repository: repository, tag: try Tag(parsing: name))
            #expect(TagPage.Siblings(of: reference, tags: tags).allLabel == "All 9 tags of python")
        }
    }

    @Test func aFileOfTheHistoryIsSafeInASpreadsheet() throws {
        var (tag, history) = try Samples.tag(changesDaysAgo: [9, 3])
        history[1].platforms = [Platform(os: "=cmd", architecture: "a,\"b")]
        let lines = (HistoryFile.csvHeader + HistoryFile.csv(history, of: tag.reference)).components(
            separatedBy: "\r\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("image,observedAt,notBefore,pushedAt,kind"))
        #expect(lines[1].contains(",first,false,observed,\(Digest.numbered(0)),,"))
        #expect(lines[2].hasSuffix(",\"'=cmd/a,\"\"b\""))
    }
}
