import Store
import TagHistory

extension Badge {
    init(_ tag: TrackedTag) {
        switch tag.state {
        // What others tell of it may be known already.
        case .pending: self.init(label: tag.firstSeenAt == nil ? "not seen yet" : "not checked yet", style: "info")
        case .active where tag.lastCheckedAt == nil: self.init(label: "not checked yet", style: "info")
        case .active: self.init(label: "watched", style: "good")
        case .missing: self.init(label: "missing", style: "bad")
        case .untracked: self.init(label: "not tracked", style: "")
        case .failing: self.init(label: "failing", style: "warn")
        }
    }
}

extension Change {
    /// In a word or two, how it looks and what it means.
    var words: (label: String, style: String, help: String) {
        switch kind {
        case .first where source == .metadata:
            ("built", "info", "As the image says of itself; whether the tag bore it then is not known")
        case .first: ("first seen", "info", "The history begins here")
        case .rebuild: ("rebuilt", "accent", "At least one platform's image differs")
        case .noop: ("same content", "", "New manifests over the same layers: not counted as an update")
        case .platforms: ("platforms", "", "Platforms only came or went: not counted as an update")
        case .metadata: ("metadata", "", "Only attestations or annotations differ: not counted as an update")
        case .missing: ("gone", "bad", "The registry had no such tag any more")
        case .returned: ("returned", "good", "The registry had the tag again")
        case .same: ("unchanged", "", "Seen again with the same digest")
        }
    }
}

extension Source {
    var words: String {
        switch self {
        case .observed: "our check"
        case .registry: "the registry’s own history"
        case .sibling: "a dated sibling tag"
        case .metadata: "the image’s build time (approximate)"
        case .imported: "an import"
        }
    }
}

extension Rhythm {
    var isLate: Bool { overdue && !isOver }

    /// One or two words for a list.
    var shortWords: String {
        guard let label else { return "–" }
        return Words.capital(label)
    }

    /// The same as a sentence that says why.
    var sentence: String {
        guard word != nil else { return Words.sentence(reason) }
        return Words.sentence("\(shortWords): \(explanation)")
    }
}
