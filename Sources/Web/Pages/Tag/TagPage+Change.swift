import OCI
import TagHistory

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
