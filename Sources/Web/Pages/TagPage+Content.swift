import OCI
import Store
import TagHistory

extension TagPage {
    /// A page's worth of changes.
    struct ChangeList: Sendable {
        var items: [TagHistory.Change]
        var next: String?
        /// What images say of themselves.
        var facts: [Digest: ImageFacts] = [:]
        /// Not the first part of the list.
        var isContinued = false
    }

    /// What a visitor may do here.
    struct Permissions: Sendable {
        var canTrack = true
    }

    /// The page of a tag that is or was tracked.
    init(
        _ tag: TrackedTag, history: [TagHistory.Change], list: ChangeList, bucket: Histogram.Bucket?,
        permissions: Permissions, now: Timestamp
    ) {
        self.init(tag.reference)
        let statistics = Statistics(
            changes: history, firstSeenAt: tag.firstSeenAt, lastSucceededAt: tag.lastSucceededAt, asOf: now)
        isKnown = true
        hasHistory = !history.isEmpty
        badge = Badge(tag.state)
        answer = hasHistory ? Words.sentence(statistics.rhythm.reason) : Self.unseenAnswer(tag)
        answerDetail =
            hasHistory
            ? Self.detail(statistics, tag) : tag.state == .pending ? "Load this page again in a moment." : nil
        notices = Notice.of(tag, now: now)
        canTrack = tag.state == .untracked && permissions.canTrack
        trackText = "This tag is not checked any more. Its history stays, and goes on when it is tracked again."
        canCheck = tag.state != .untracked
        checkHref = Href.check(tag.reference)
        facts = Self.facts(tag, now: now)
        links = [
            Link(label: "tag and statistics", href: Href.api("tags", tag.reference)),
            Link(label: "changes", href: Href.api("changes", tag.reference)),
            Link(label: "histogram", href: Href.api("histogram", tag.reference)),
        ]
        guard hasHistory else { return }
        figures = Self.figures(statistics, tag)
        pin = tag.digest.map { Pin(text: tag.reference.pinned(to: $0), hint: Self.pinHint(tag, now: now)) }
        show(
            TagChart(
                history, tag: tag, bucket: bucket ?? TagChart.fittingBucket(statistics), now: now))
        show(list, of: tag.reference, bucket: bucket, now: now)
    }

    /// The page of a tag that nobody ever asked for.
    init(untracked reference: TagReference, permissions: Permissions) {
        self.init(reference)
        answer = "Tagbeat does not watch this tag yet."
        answerDetail =
            permissions.canTrack
            ? nil : "On this site only its operator adds tags. Ask them, or run a Tagbeat of your own."
        canTrack = permissions.canTrack
        trackText =
            "Track it, and its digest is checked regularly from now on: "
            + "the page will show how often it is really rebuilt."
    }

    private init(_ reference: TagReference) {
        title = "\(reference.familiar) · Tagbeat"
        summary = "How often \(reference.familiar) is really rebuilt."
        self.reference = reference.description
        repository = reference.repository.familiar
        repositoryHref = Href.address("/", ["repository": reference.repository.description])
        tag = reference.tag.name
    }

    private mutating func show(_ chart: TagChart) {
        self.chart = chart.svg
        chartHeading = chart.heading
        bucketLabel = chart.bucket == .month ? "Month" : "Week from"
        chartRows = chart.rows
        buckets = [("per week", Histogram.Bucket.week), ("per month", .month)].map { label, bucket in
            Link(label: label, href: "?bucket=\(bucket.rawValue)", isCurrent: bucket == chart.bucket)
        }
    }

    private mutating func show(
        _ list: ChangeList, of reference: TagReference, bucket: Histogram.Bucket?, now: Timestamp
    ) {
        changes = list.items.map { change in
            Change(change, of: reference, facts: change.digest.flatMap { list.facts[$0] }, now: now)
        }
        newestHref = list.isContinued ? Href.address(Href.tag(reference), ["bucket": bucket?.rawValue]) : nil
        olderHref = list.next.map { Href.address(Href.tag(reference), ["bucket": bucket?.rawValue, "cursor": $0]) }
        hasChangePaging = newestHref != nil || olderHref != nil
    }
}

extension TagReference {
    /// As a Dockerfile takes it: `python:3.12@sha256:…`.
    func pinned(to digest: Digest) -> String { "\(familiar)@\(digest)" }
}

extension TagPage.Change {
    init(_ change: TagHistory.Change, of reference: TagReference, facts: ImageFacts? = nil, now: Timestamp) {
        let words = change.kind.words
        kind = words.label
        kindStyle = words.style
        kindHelp = words.help
        detail = change.detail
        says = facts.flatMap(Self.says)
        isReverted = change.reverted
        when = Moment(change.countedAt, now: now)
        source = change.source.words
        image = reference.familiar
        digest = change.digest?.description
        span =
            if let pushed = change.believedPush {
                "pushed \(Words.time(pushed))"
            } else if let start = change.notBefore, start < change.observedAt {
                Words.span(from: start, to: change.observedAt)
            } else {
                Words.time(change.observedAt)
            }
    }
}
