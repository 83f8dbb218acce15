import OCI
import Store
import TagHistory

extension TagPage {
    /// Digests to pin, and how far a visitor's own one is behind.
    struct Use: Sendable, Hashable {
        struct Pin: Sendable, Hashable {
            let label: String
            /// `python:3.12@sha256:…`
            let text: String
            let hint: String
        }

        let pins: [Pin]
        /// Where there is no settled digest: why.
        let unsettled: String?
        let action: String
        /// What the visitor gave.
        let own: String
        let verdict: Verdict?
    }

    /// What is known of a visitor's own digest.
    struct Verdict: Sendable, Hashable {
        let style: String
        let heading: String
        let text: String
        var links: [Link] = []
    }
}

extension TagPage.Use {
    static let settledDays = 7.0

    init(_ content: TagPage.Content) {
        let tag = content.tag
        let bearings = content.record.bearings
        let newest = bearings.last
        let settled = Bearing.settled(in: bearings, seconds: Self.settledDays * 86_400)
        let marks = content.record.marks
        func pin(_ label: String, _ bearing: Bearing, _ hint: String) -> Pin {
            Pin(label: label, text: tag.reference.pinned(to: bearing.digest), hint: hint)
        }
        func time(_ bearing: Bearing) -> String { Words.days(bearing.seconds / 86_400) }
        var pins: [Pin] = []
        if let newest {
            let length = newest.seconds < 60 ? "" : ", for \(Words.days(newest.seconds / 86_400))"
            let since = "\(newest.start == newest.from ? "seen" : "borne") since \(Words.date(newest.start))\(length)"
            // After an absence it may be the same again.
            let isSettled = settled?.digest == newest.digest
            let before = settled.map { $0 == newest ? " and not taken back" : "; before, for about \(time($0))" }
            let gone = newest.until.map { "The last digest that was seen; gone since \(Words.date($0))." }
            pins.append(
                pin(
                    gone != nil ? "Last seen" : isSettled ? "Newest, and settled" : "Newest", newest,
                    gone ?? Words.sentence(since + (isSettled ? before ?? "" : ""))))
        }
        if let settled, settled.digest != newest?.digest {
            let behind = Bearing.updatesBehind(settled, of: bearings, marks: marks)
            pins.append(
                pin(
                    "Settled", settled,
                    "Borne for about \(time(settled)) and not taken back; "
                        + "\(Words.count(behind, "update")) behind the newest."))
        }
        self.init(
            pins: pins,
            unsettled: settled == nil
                ? "No digest is settled yet: none was borne for 7 days without being taken back." : nil,
            action: Href.tag(tag.reference), own: content.own?.text ?? "",
            verdict: content.own.map { own in
                TagPage.Verdict(own, tag: tag, bearings: bearings, marks: marks, now: content.now)
            })
    }
}

extension TagPage {
    /// A digest that a visitor asks about.
    struct OwnDigest: Sendable {
        /// As it was given.
        let text: String
        /// Nil: it is none.
        var digest: Digest?
        /// It and the indexes that hold it.
        var holders: Set<Digest> = []
        /// Other tags that bear or bore it, where this one does not.
        var bearers: [TagReference] = []
        /// Why it is no digest.
        var problem: String?

        /// - Parameter text: a digest, or an image with one.
        init(_ text: String) {
            self.text = text
            let last = text.split(separator: "@").last.map(String.init) ?? text
            // As `docker images --digests` or a lock file's column has it.
            let digest = last.utf8.count == 64 && last.allSatisfy(\.isHexDigit) ? "sha256:" + last.lowercased() : last
            do { self.digest = try Digest(parsing: digest) } catch { problem = error.description }
        }
    }
}

extension TagPage.Verdict {
    init(
        _ own: TagPage.OwnDigest, tag: TrackedTag, bearings: [Bearing], marks: [HistoryMark], now: Timestamp
    ) {
        guard let digest = own.digest else {
            self.init(style: "bad", heading: "That is no digest.", text: Words.sentence(own.problem ?? ""))
            return
        }
        guard let bearing = bearings.last(where: { own.holders.contains($0.digest) }) else {
            self.init(
                style: "warn", heading: "Not a digest of this tag, as far as is known.",
                text: own.bearers.isEmpty
                    ? "No tag that is watched here bears or bore \(digest.short)…." : "These tags bear or bore it:",
                links: own.bearers.map { Link(label: $0.familiar, href: Href.tag($0)) })
            return
        }
        let part = bearing.digest == digest ? "" : "It is one platform’s image of \(bearing.digest.short)…. "
        guard let until = bearing.until else {
            self.init(
                style: "good", heading: "Up to date.",
                text: part + "This is the newest digest, borne since \(Words.date(bearing.from)).")
            return
        }
        let behind = Bearing.updatesBehind(bearing, of: bearings, marks: marks)
        let days = Words.days(now.days(since: until))
        let borne = "The tag bore it from \(Words.dates(bearing.from, until, joint: "to"))"
        guard !bearing.wasReverted else {
            let since = behind > 0 ? " \(Words.capital(Words.count(behind, "update"))) came since." : ""
            self.init(
                style: "warn", heading: "Taken back.",
                text: "\(part)\(borne); then, \(days) ago, it went back to an older digest.\(since)")
            return
        }
        guard bearing != bearings.last else {
            self.init(
                style: "warn", heading: "The tag is gone.", text: "\(part)\(borne): it is the last one that was seen.")
            return
        }
        guard behind > 0 else {
            self.init(
                style: "info", heading: "No update behind.",
                text: part + "\(borne); what came after it, \(days) ago, was no update.")
            return
        }
        self.init(
            style: "warn", heading: "\(Words.count(behind, "update")) and \(days) behind.", text: "\(part)\(borne).")
    }
}
