import OCI
import Store
import TagHistory

struct ChangeJSON: Encodable {
    let reference: TagReference
    let change: Change
    let facts: ImageFacts

    /// - Parameter facts: what images say of themselves.
    init(_ item: TagChange, facts: [Digest: ImageFacts]) {
        reference = item.reference
        change = item.change
        self.facts = item.change.digest.flatMap { facts[$0] } ?? ImageFacts()
    }

    private enum CodingKeys: CodingKey {
        case reference, digest, previousDigest, kind, reverted, source, observedAt, notBefore, pushedAt, mediaType
        case platforms, facts
    }

    private enum FactKeys: CodingKey { case created, version, revision, baseName, baseDigest }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(reference, forKey: .reference)
        try container.encode(change.digest, forKey: .digest)
        try container.encode(change.previousDigest, forKey: .previousDigest)
        try container.encode(change.kind, forKey: .kind)
        try container.encode(change.reverted, forKey: .reverted)
        try container.encode(change.source, forKey: .source)
        try container.encode(change.observedAt, forKey: .observedAt)
        try container.encode(change.notBefore, forKey: .notBefore)
        try container.encode(change.pushedAt, forKey: .pushedAt)
        try container.encode(change.mediaType, forKey: .mediaType)
        try container.encode(change.platforms, forKey: .platforms)
        var said = container.nestedContainer(keyedBy: FactKeys.self, forKey: .facts)
        try said.encode(facts.created, forKey: .created)
        try said.encode(facts.version, forKey: .version)
        try said.encode(facts.revision, forKey: .revision)
        try said.encode(facts.baseName, forKey: .baseName)
        try said.encode(facts.baseDigest, forKey: .baseDigest)
    }
}
