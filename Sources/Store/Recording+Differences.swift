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
    let lastCheckedAt: Timestamp?
    let registryID: Int32
    let repositoryID: Int32
    let firstSeenAt: Timestamp?
    /// Nil where the schedule does not know the tag's history.
    let schedule: TagSchedule?

    /// A visitor named it, and nothing of it was ever seen.
    var isNobodys: Bool { !state.everSeen && origin == .visitor }

    /// Nothing at this time or after it is known, so the check may be judged by the newest state alone.
    func isNews(at time: Timestamp) -> Bool {
        [state.lastSucceededAt, state.lastMissingAt, lastCheckedAt].allSatisfy { known in
            known.map { $0 < time } ?? true
        }
    }
}

/// What to write back to a tag's narrow row.
struct TagCheckUpdate: Sendable {
    let id: Int32
    var tagState: TagState
    var state: Decision.CurrentState
    var failures: Int16
    var lastCheckedAt: Timestamp?
    /// Nil: never.
    var nextCheckAt: Timestamp?
    var schedule: TagSchedule?
    var failureReason: String?
}

/// What a check means to the schedule.
enum SchedulePlan: Sendable, Equatable {
    /// It failed and tells nothing.
    case retry
    /// The registry has no such tag and never had.
    case neverSeen
    case first
    case note(changed: Bool)
}

/// What is to be written for a batch of checks.
struct Differences: Sendable {
    var batch = BatchOutcome()
    var updates: [TagCheckUpdate] = []
    var rows: [ChangeRow] = []
    /// Observations that belong before something that is known already.
    var late: [Int32: [Observation]] = [:]
    var unseen: [Int32] = []
    /// Tags of which two checks at the same time brought different answers.
    var contested: [Int32] = []
    var plans: [Int32: SchedulePlan] = [:]

    /// What is to be read because of the rows.
    var wanted: [WantedContent] = []

    mutating func take(_ result: CheckResult, of tag: LockedTag, hasBorne: Bool, knowledge: Knowledge) {
        let isOvertaken = tag.lastCheckedAt.map { $0 > result.checkedAt } ?? false
        // The claim was lost, and whose answer is the newer one nobody knows.
        let isContested = !isOvertaken && tag.lastCheckedAt.map { $0 > result.startedAt } ?? false
        var update = TagCheckUpdate(
            id: tag.id, tagState: tag.tagState, state: tag.state, failures: 0, lastCheckedAt: result.checkedAt,
            schedule: tag.schedule, failureReason: result.failureReason)
        plans[tag.id] = .retry
        guard let answer = result.decisionOutcome else {
            update.failures = tag.failures == .max ? .max : tag.failures + 1
            if tag.tagState != .untracked { update.tagState = .failing }
            batch.outcomes[tag.id] = .failed
            guard !isOvertaken, !isContested else { return }
            if result.isRefusal, tag.isNobodys { unseen.append(tag.id) } else { updates.append(update) }
            return
        }
        let isOther =
            answer == .missing
            ? !tag.state.isMissing : tag.state.isMissing || result.foundDigest?.digest != tag.state.digest
        if isContested, isOther {
            contested.append(tag.id)
            return
        }
        batch.outcomes[tag.id] = answer == .missing ? .missing : isOther ? .changed : .unchanged
        plans[tag.id] = tag.state.everSeen ? .note(changed: false) : .neverSeen
        guard tag.isNews(at: result.checkedAt) else {
            // Overtaken by a newer check, or an import knew the future of this clock.
            if let observation = result.observation { late[tag.id] = [observation] }
            if !isOvertaken { updates.append(update) }
            return
        }
        if answer == .missing, tag.isNobodys {
            unseen.append(tag.id)
            return
        }
        let known = knowledge.classification(from: tag.state.digest, to: result.foundDigest?.digest)
        let changes = Decision.decide(
            current: tag.state, outcome: answer, at: result.checkedAt, hasBorne: hasBorne,
            kind: known?.kind ?? .rebuild, platforms: known?.platforms ?? [])
        want(changes, of: tag, known: known, knowledge: knowledge)
        if let digest = result.foundDigest?.digest {
            plans[tag.id] = tag.state.everSeen ? .note(changed: digest != tag.state.digest) : .first
        }
        rows += changes.enumerated().map { ChangeRow(tagID: tag.id, ordinal: Int16($0), change: $1) }
        update.state = tag.state.after(answer, at: result.checkedAt)
        if tag.tagState != .untracked { update.tagState = answer == .missing ? .missing : .active }
        updates.append(update)
    }

    /// What is wanted because of first sightings, by registry.
    func firstSightings(_ tags: [Int32: LockedTag]) -> [Int32: [Int]] {
        let changes = Set(rows.filter { $0.change.kind.isChange }.map(\.tagID))
        let first = wanted.indices.filter { !changes.contains(wanted[$0].tagID) }
        return Dictionary(grouping: first) { tags[wanted[$0].tagID]?.registryID ?? 0 }
    }

    /// Both sides of a change are read, and where they are known already, the layers that decide what it was.
    private mutating func want(
        _ changes: [Change], of tag: LockedTag, known: Classification?, knowledge: Knowledge
    ) {
        for change in changes where change.kind.isChange || change.kind == .first {
            let time = change.observedAt
            func want(_ digest: Digest?, isPart: Bool = false) {
                guard let digest, isPart || !knowledge.settled.contains(digest) else { return }
                let nextAt = change.kind == .first ? time : time.advanced(bySeconds: -WantedContent.headStart)
                wanted.append(WantedContent(digest: digest, tagID: tag.id, nextAt: nextAt, isPart: isPart))
            }
            want(change.digest)
            want(change.previousDigest)
            for digest in known.map(knowledge.wanted) ?? [] { want(digest, isPart: true) }
        }
    }
}

extension Connection {
    /// Everything but the plain "unchanged": decides under the tags' locks, so that what another process wrote since
    /// the claim counts.
    func recordDifferences(
        _ results: [CheckResult], policy: CheckPolicy, at now: Timestamp
    ) async throws -> BatchOutcome {
        let ids = results.map(\.claim.tagID)
        let tags = try await locked(ids)
        let (again, fresh) = results.partitioned { tags[$0.claim.tagID]?.lastCheckedAt == $0.checkedAt }
        let digestIDs = try await digestIDs(of: fresh.compactMap(\.foundDigest))
        let borne = try await borne(fresh, tags: tags, digestIDs: digestIDs)
        let knowledge = try await knowledge(
            of: Set(
                fresh.flatMap { result in
                    guard let digest = result.foundDigest?.digest else { return [Digest]() }
                    return [digest, tags[result.claim.tagID]?.state.digest].compactMap(\.self)
                }))
        var differences = Differences()
        for result in fresh {
            // Gone: a tag that the registry never had, removed by a check at the same time.
            guard let tag = tags[result.claim.tagID] else { continue }
            differences.take(result, of: tag, hasBorne: borne.contains(tag.id), knowledge: knowledge)
        }
        let book = try await schedule(&differences, of: fresh, tags: tags, policy: policy, at: now)
        try await spread(&differences, tags: tags, at: now)
        try await write(
            differences, digestIDs: digestIDs,
            isListed: fresh.contains { if case .listing = $0.way { true } else { false } })
        try await write(book, changed: differences.changedRepositories(tags), recorded: Set(ids))
        let merged = try await merge(
            differences.late, into: try await current(differences.late.keys.sorted()), live: true)
        try await refreshSummaries(rows: differences.rows, updates: differences.updates, of: tags)
        try await recall(again, into: &differences.batch)
        differences.batch.removed = Set(differences.unseen)
        differences.batch.hasNewRows = merged.hasChanged || !differences.rows.isEmpty
        return differences.batch
    }

    /// A few first sightings are read at once, many one after the other over the next hours: a registry's behind those
    /// that were recorded before.
    private func spread(_ differences: inout Differences, tags: [Int32: LockedTag], at now: Timestamp) async throws {
        for (registry, indices) in differences.firstSightings(tags).sorted(by: { $0.key < $1.key }) {
            guard indices.count > WantedContent.fewEnough else { continue }
            let seconds = WantedContent.spreadSeconds * Double(indices.count)
            let end = try await first(SpreadContents(registryID: registry, seconds: seconds, now: now))
            let start = end?.advanced(bySeconds: -seconds) ?? now
            for (place, index) in indices.enumerated() {
                differences.wanted[index].nextAt = start.advanced(
                    bySeconds: WantedContent.spreadSeconds * Double(place + 6))
            }
        }
    }

    private func write(
        _ differences: Differences, digestIDs: [Digest: Int32], isListed: Bool
    ) async throws {
        let updates = differences.updates
        if !differences.rows.isEmpty {
            try await run(
                InsertChanges(
                    rows: differences.rows, digestIDs: digestIDs,
                    setIDs: try await platformSetIDs(of: Set(differences.rows.map(\.change.platforms))),
                    wanted: differences.wanted))
            let first = differences.rows.filter { $0.change.kind == .first }
            if let now = first.map(\.change.observedAt).max() {
                try await run(
                    InsertBackfills(
                        ids: first.map(\.tagID),
                        now: isListed ? now.advanced(bySeconds: InsertBackfills.listersSeconds) : now))
            }
        }
        if !updates.isEmpty {
            try await run(UpdateTagChecks(updates: updates))
            // The others' states are written with their summaries.
            let changed = Set(differences.rows.map(\.tagID))
            let same = updates.filter { !changed.contains($0.id) }
            if !same.isEmpty { try await run(UpdateStates(updates: same)) }
            let (failed, succeeded) = updates.partitioned { $0.failureReason != nil }
            if !failed.isEmpty { try await run(InsertFailures(updates: failed)) }
            if !succeeded.isEmpty { try await run(DeleteFailures(ids: succeeded.map(\.id))) }
        }
        if !differences.unseen.isEmpty { try await run(DeleteUnseen(ids: differences.unseen)) }
        if !differences.contested.isEmpty { try await run(CheckAgain(ids: differences.contested)) }
    }

    /// How checks ended that were recorded by an earlier attempt whose success was not seen.
    private func recall(_ results: [CheckResult], into batch: inout BatchOutcome) async throws {
        guard !results.isEmpty else { return }
        let changed = Set(try await run(SelectRecordedChanges(results: results)).rows)
        for result in results {
            let id = result.claim.tagID
            batch.recordedBefore.insert(id)
            batch.outcomes[id] =
                switch result.answer {
                case .failed: .failed
                case .missing: .missing
                case .found: changed.contains(id) ? .changed : .unchanged
                }
        }
    }

    /// Locks tags and reads them. In two statements: one that had to wait for a lock would join the new row with what
    /// it had read before of the other tables.
    func locked(_ ids: [Int32]) async throws -> [Int32: LockedTag] {
        try await run(LockTags(ids: ids))
        return try await current(ids)
    }

    func current(_ ids: [Int32]) async throws -> [Int32: LockedTag] {
        guard !ids.isEmpty else { return [:] }
        return Dictionary(uniqueKeysWithValues: try await run(SelectLockedTags(ids: ids)).rows.map { ($0.id, $0) })
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

extension Array {
    func partitioned(by belongs: (Element) -> Bool) -> (in: [Element], out: [Element]) {
        (filter(belongs), filter { !belongs($0) })
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
