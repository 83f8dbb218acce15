import LibPQ
import OCI
import TagHistory

/// A tag's row as it stands in the database now, locked.
struct LockedTag: Sendable {
    let id: Int32
    let reference: TagReference
    let tagState: TagState
    let origin: TagOrigin
    let state: Decision.CurrentState
    let failures: Int16
    let firstSeenAt: Timestamp?
    let lastCheckedAt: Timestamp?
}

/// What to write back to a tag's narrow row.
struct TagCheckUpdate: Sendable {
    let id: Int32
    var tagState: TagState
    var state: Decision.CurrentState
    var failures: Int16
    var lastCheckedAt: Timestamp?
    var nextCheckAt: Timestamp?
    var failureReason: String?
}

extension Connection {
    /// Everything but the plain "unchanged": decides under the rows' locks, so that what another process wrote since
    /// the claim counts.
    func recordDifferences(_ results: [CheckResult]) async throws -> [Int32: CheckOutcome] {
        guard !results.isEmpty else { return [:] }
        let locked = try await run(LockTags(ids: results.map(\.claim.tagID))).rows
        let tags = Dictionary(uniqueKeysWithValues: locked.map { ($0.id, $0) })
        let digestIDs = try await digestIDs(of: results.compactMap(\.foundDigest))
        let borne = try await borne(results, tags: tags, digestIDs: digestIDs)
        var outcomes: [Int32: CheckOutcome] = [:]
        var updates: [TagCheckUpdate] = []
        var rows: [ChangeRow] = []
        var outOfOrder: [Int32: [Observation]] = [:]
        var unseen: [Int32] = []
        for result in results {
            // Gone: a visitor's tag that the registry never had, removed by a check at the same time.
            guard let tag = tags[result.claim.tagID] else { continue }
            if let last = tag.lastCheckedAt, last >= result.checkedAt {
                // Recorded before, or a newer check came in between: this one is history already.
                outcomes[tag.id] = .unchanged
                continue
            }
            var update = TagCheckUpdate(
                id: tag.id, tagState: tag.tagState, state: tag.state, failures: 0, lastCheckedAt: result.checkedAt,
                nextCheckAt: tag.tagState == .untracked ? nil : result.nextCheckAt)
            guard let answer = result.decisionOutcome else {
                update.failures = tag.failures == .max ? .max : tag.failures + 1
                update.failureReason = result.failureReason
                if tag.tagState != .untracked { update.tagState = .failing }
                outcomes[tag.id] = .failed
                updates.append(update)
                continue
            }
            if tag.state.isNewer(than: result.checkedAt) {
                // Only an import from the future of this clock gets here.
                outOfOrder[tag.id] = [result.observation].compactMap { $0 }
            } else {
                let changes = Decision.decide(
                    current: tag.state, outcome: answer, at: result.checkedAt, hasBorne: borne.contains(tag.id))
                rows += changes.enumerated().map { ChangeRow(tagID: tag.id, ordinal: Int16($0), change: $1) }
                update.state = tag.state.after(answer, at: result.checkedAt)
                outcomes[tag.id] = answer == .missing ? .missing : changes.isEmpty ? .unchanged : .changed
            }
            if outcomes[tag.id] == nil { outcomes[tag.id] = .unchanged }
            if tag.tagState != .untracked { update.tagState = answer == .missing ? .missing : .active }
            if answer == .missing, !tag.state.everSeen, tag.origin == .visitor || tag.origin == .operator {
                unseen.append(tag.id)
            } else {
                updates.append(update)
            }
        }
        try await run(InsertChanges(rows: rows, digestIDs: digestIDs))
        try await run(UpdateTagChecks(updates: updates))
        try await run(UpdateStates(updates: updates))
        try await run(InsertFailures(updates: updates))
        try await run(DeleteFailures(ids: updates.filter { $0.failureReason == nil }.map(\.id)))
        try await run(DeleteUnseen(ids: unseen))
        try await merge(outOfOrder)
        try await refreshSummaries(rows: rows, tags: tags)
        return outcomes
    }

    /// The identifiers of digests, made where they are new.
    func digestIDs(of found: [(digest: Digest, mediaType: MediaType?)]) async throws -> [Digest: Int32] {
        guard !found.isEmpty else { return [:] }
        var mediaTypes: [Digest: MediaType] = [:]
        for case (let digest, let mediaType?) in found { mediaTypes[digest] = mediaType }
        let types = Set(mediaTypes.values).sorted { $0.description < $1.description }
        try await run(InsertMediaTypes(mediaTypes: types))
        let digests = Set(found.map(\.digest)).sorted()
        try await run(InsertDigests(digests: digests, mediaTypes: digests.map { mediaTypes[$0] }))
        let rows = try await run(SelectDigestIDs(digests: digests)).rows
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.digest, $0.id) })
    }

    /// The tags that bore the digest which they are found with now at some time before.
    private func borne(
        _ results: [CheckResult], tags: [Int32: LockedTag], digestIDs: [Digest: Int32]
    ) async throws -> Set<Int32> {
        let candidates = results.compactMap { result -> (Int32, Int32)? in
            guard let digest = result.foundDigest?.digest, let tag = tags[result.claim.tagID], tag.state.everSeen,
                tag.state.digest != digest, let id = digestIDs[digest]
            else { return nil }
            return (tag.id, id)
        }
        guard !candidates.isEmpty else { return [] }
        return Set(try await run(SelectBorne(pairs: candidates)).rows)
    }
}

extension CheckResult {
    var foundDigest: (digest: Digest, mediaType: MediaType?)? {
        if case .found(let digest, let mediaType, _) = answer { (digest, mediaType) } else { nil }
    }

    var failureReason: String? { if case .failed(let reason) = answer { reason } else { nil } }

    var decisionOutcome: Decision.Outcome? {
        switch answer {
        case .found(let digest, let mediaType, let pushedAt):
            .found(digest, mediaType: mediaType, pushedAt: pushedAt)
        case .missing: .missing
        case .failed: nil
        }
    }

    var observation: Observation? {
        switch answer {
        case .found(let digest, let mediaType, let pushedAt):
            Observation(
                digest: digest, observedAt: checkedAt, pushedAt: pushedAt, mediaType: mediaType, source: .observed)
        case .missing: Observation(digest: nil, observedAt: checkedAt, source: .observed)
        case .failed: nil
        }
    }
}
