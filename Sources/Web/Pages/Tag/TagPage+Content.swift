import OCI
import Store
import TagHistory

extension TagPage {
    /// What a visitor may do here.
    struct Permissions: Sendable {
        var canTrack = true
    }

    /// Everything that the page is made of.
    struct Content: Sendable {
        let tag: TrackedTag
        /// Oldest first.
        let history: [TagHistory.Change]
        let statistics: Statistics
        var list: ChangeList
        /// The repository's tags.
        var siblings: [RepositoryTag] = []
        var offered: OfferedPart?
        var own: OwnDigest?
        var bucket: Histogram.Bucket?
        var permissions = Permissions()
        /// Where people reach this site.
        var origin = ""
        let now: Timestamp
        /// Where the page is of a time in the past: how the tag is checked is told as it is today.
        var today: (tag: TrackedTag, time: Timestamp)?

        var record: TagRecord { TagRecord(tag, history: history) }
    }

    /// The page of a tag that is or was tracked.
    init(_ content: Content) {
        let (tag, history, statistics, now) = (content.tag, content.history, content.statistics, content.now)
        self.init(tag.reference)
        isKnown = true
        hasHistory = !history.isEmpty
        badge = Badge(tag)
        if !hasHistory {
            answer = Self.unseenAnswer(tag)
            answerDetail = tag.state == .pending ? "Load this page again in a moment." : nil
        } else if let gone = content.record.goneSince {
            answer = "Gone from the registry since \(Words.date(gone))."
            answerDetail = Words.sentence(statistics.rhythm.pastReason) + " " + Self.detail(statistics, content.record)
        } else {
            answer = statistics.rhythm.sentence
            answerDetail = Self.detail(statistics, content.record)
        }
        notices = Notice.of(content.today?.tag ?? tag, now: content.today?.time ?? now)
        canTrack = tag.state == .untracked && content.permissions.canTrack
        trackText = "This tag is not checked any more. Its history stays, and goes on when it is tracked again."
        canCheck = tag.state != .untracked
        checkHref = Href.check(tag.reference)
        facts = Self.facts(content.today?.tag ?? tag, now: content.today?.time ?? now)
        links = [
            Link(label: "tag and statistics", href: Href.api("tags", tag.reference)),
            Link(label: "changes", href: Href.api("changes", tag.reference)),
            Link(label: "histogram", href: Href.api("histogram", tag.reference)),
        ]
        siblings = Siblings(of: tag.reference, tags: content.siblings)
        offered = content.offered
        guard hasHistory else { return }
        show(history, of: tag, now: now)
        use = Use(content)
        show(content.list, of: tag.reference, now: now)
        bars = TagChart(history, tag: tag, bucket: content.bucket ?? TagChart.fittingBucket(statistics), now: now)
        isBarsOpen = content.bucket != nil
        intervals = Self.intervals(statistics)
        platforms = PlatformArrival.all(in: content.record.counted).map { Arrival($0, now: now) }
        platformText = Self.platformText(tag)
        if platforms.isEmpty {
            platformText +=
                statistics.updates == 0
                ? " There was no update yet." : " Which platforms each update brought is not known."
        }
        embedding = Embedding(tag.reference, origin: content.origin)
        feedHref = Href.feed(tag.reference)
    }

    /// The page of a tag that nobody ever asked for.
    init(
        untracked reference: TagReference, siblings tags: [RepositoryTag] = [], offered: OfferedPart? = nil,
        permissions: Permissions
    ) {
        self.init(reference)
        answer = "Tagbeat does not watch this tag yet."
        answerDetail =
            permissions.canTrack
            ? nil : "On this site only its operator adds tags. Ask them, or run a Tagbeat of your own."
        canTrack = permissions.canTrack
        trackText =
            "Track it, and its digest is checked regularly from now on: "
            + "the page will show how often it is really rebuilt."
        siblings = Siblings(of: reference, tags: tags)
        self.offered = offered
    }

    private init(_ reference: TagReference) {
        title = "\(reference.familiar) · Tagbeat"
        summary = "How often \(reference.familiar) is really rebuilt."
        self.reference = reference.description
        repository = reference.repository.familiar
        repositoryHref = Href.repository(reference.repository)
        tag = reference.tag.name
    }

    private mutating func show(_ history: [TagHistory.Change], of tag: TrackedTag, now: Timestamp) {
        let strip = Strip(
            history: history, firstSeenAt: tag.firstSeenAt, lastSucceededAt: tag.lastSucceededAt,
            trackedSince: tag.trackedSince, now: now,
            axis: .history(from: history.first?.observedAt ?? tag.firstSeenAt, to: now, width: 1_040))
        self.strip = StripDrawing(history: strip, id: "strip", title: "Updates of \(tag.reference.familiar)").svg
        hasAbsence = strip.hasAbsence
        stripTable = strip.rows.map { TableRow.html($0.when, [$0.what, $0.source]) }.joined()
    }

    private mutating func show(_ list: ChangeList, of reference: TagReference, now: Timestamp) {
        changes = list.items.map { change in
            Change(change, of: reference, facts: change.digest.flatMap { list.facts[$0] }, now: now).html
        }.joined()
        newestHref = list.isContinued ? Href.tag(reference) : nil
        olderHref = list.next.map { Href.address(Href.tag(reference), ["before": String($0)]) }
        hasChangePaging = newestHref != nil || olderHref != nil
    }
}

extension TagPage {
    /// A page's worth of changes.
    struct ChangeList: Sendable {
        static let count = 20

        /// Newest first.
        let items: [TagHistory.Change]
        /// How many older ones there are; nil where there is none.
        let next: Int?
        /// Not the first part of the list.
        let isContinued: Bool
        /// What images say of themselves.
        var facts: [Digest: ImageFacts] = [:]

        /// - Parameter older: only so many, the oldest of them all: new changes move nothing.
        init(_ history: [TagHistory.Change], older: Int? = nil) {
            let part = history.prefix(max(0, older ?? history.count)).suffix(Self.count)
            items = part.reversed()
            next = part.startIndex > 0 && !part.isEmpty ? part.startIndex : nil
            isContinued = older.map { $0 < history.count } ?? false
        }
    }
}

extension TagReference {
    /// As a Dockerfile takes it: `python:3.12@sha256:…`.
    func pinned(to digest: Digest) -> String { "\(familiar)@\(digest)" }
}
