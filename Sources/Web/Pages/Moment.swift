import OCI

/// A time as pages show it: relative in words, exact on demand, and for machines.
struct Moment: Sendable, Hashable {
    let iso: String
    let exact: String
    let relative: String

    init(_ time: Timestamp, now: Timestamp) {
        // HTML has at most thousandths. https://html.spec.whatwg.org/#times
        iso = Timestamp(seconds: Int64(time.secondsSinceEpoch.rounded(.down))).description
        exact = Words.time(time)
        relative = Words.relative(time, now: now)
    }
}
