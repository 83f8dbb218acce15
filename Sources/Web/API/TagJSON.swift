import OCI
package import Store
package import TagHistory

/// A tag as the API shows it. Every member is always there, null where nothing is known.
package struct TagJSON: Encodable {
    let tag: TrackedTag
    package let statistics: Statistics

    package init(_ tag: TrackedTag, statistics: Statistics) {
        self.tag = tag
        self.statistics = statistics
    }

    private enum CodingKeys: CodingKey {
        case reference, registry, repository, tag, state, digest, mediaType, platforms
        case trackedSince, firstSeenAt, lastCheckedAt, lastSucceededAt, lastChangedAt, lastPushedAt, nextCheckAt
        case lastError, statistics
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tag.reference, forKey: .reference)
        try container.encode(tag.reference.registry.name, forKey: .registry)
        try container.encode(tag.reference.repository.path, forKey: .repository)
        try container.encode(tag.reference.tag.name, forKey: .tag)
        try container.encode(tag.state.name, forKey: .state)
        try container.encode(tag.digest, forKey: .digest)
        try container.encode(tag.mediaType, forKey: .mediaType)
        try container.encode(tag.platforms, forKey: .platforms)
        try container.encode(tag.trackedSince, forKey: .trackedSince)
        try container.encode(tag.firstSeenAt, forKey: .firstSeenAt)
        try container.encode(tag.lastCheckedAt, forKey: .lastCheckedAt)
        try container.encode(tag.lastSucceededAt, forKey: .lastSucceededAt)
        try container.encode(tag.lastChangedAt, forKey: .lastChangedAt)
        try container.encode(tag.lastPushedAt, forKey: .lastPushedAt)
        try container.encode(tag.nextCheckAt, forKey: .nextCheckAt)
        try container.encode(tag.lastError, forKey: .lastError)
        try container.encode(statistics, forKey: .statistics)
    }
}

/// A part of a list, and where the next one begins.
package struct ListJSON<Item: Encodable>: Encodable {
    let items: [Item]
    @OrNull var next: String?

    package init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }
}
