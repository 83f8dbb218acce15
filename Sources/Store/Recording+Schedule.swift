import LibPQ
import OCI
import TagHistory

extension Differences {
    /// Repositories with a tag whose digest differs from the one known.
    func changedRepositories(_ tags: [Int32: LockedTag]) -> Set<Int32> {
        Set(plans.filter { $0.value == .note(changed: true) }.compactMap { tags[$0.key]?.repositoryID })
    }
}

extension Connection {
    /// Sets when the tags of a batch are checked next, and what the schedule remembers of them.
    func schedule(
        _ differences: inout Differences, of results: [CheckResult], tags: [Int32: LockedTag], policy: CheckPolicy,
        at now: Timestamp
    ) async throws -> ScheduleBook {
        let planned = differences.updates.compactMap { tags[$0.id] }
        let changed = planned.filter { differences.plans[$0.id] == .note(changed: true) }
        var book = try await scheduleBook(
            registries: Set(planned.map(\.registryID)), repositories: Set(planned.map(\.repositoryID)),
            locking: changed.map { ($0.registryID, $0.repositoryID) }, policy: policy, at: now)
        let unknown = planned.filter { tag in
            guard case .note = differences.plans[tag.id] else { return false }
            return tag.schedule == nil
        }
        let histories = unknown.isEmpty ? [:] : try await outlines(of: unknown.map(\.id).sorted())
        let results = Dictionary(uniqueKeysWithValues: results.map { ($0.claim.tagID, $0) })
        var checks: [ScheduledCheck] = []
        var dice = SplitMix64(seed: .random(in: .min ... .max))
        for index in differences.updates.indices {
            let id = differences.updates[index].id
            guard let tag = tags[id], let result = results[id], let batch = book[tag.registryID],
                let plan = differences.plans[id], tag.tagState != .untracked
            else { continue }
            let beginning = Beginning(tag: tag, result: result, batch: batch)
            switch plan {
            case .retry:
                differences.updates[index].nextCheckAt = policy.retry(
                    failures: Int(differences.updates[index].failures), retryAfter: result.retryAfter,
                    lane: batch.lane, at: result.checkedAt)
            case .neverSeen: differences.updates[index].nextCheckAt = beginning.schedule(chance: 1).nextCheckAt
            case .first:
                let schedule = beginning.schedule(chance: .random(in: 0..<1, using: &dice))
                differences.updates[index].schedule = schedule
                differences.updates[index].nextCheckAt = schedule.nextCheckAt
            case .note(let changed):
                let schedule = tag.schedule ?? beginning.schedule(history: histories[id] ?? [])
                checks.append(ScheduledCheck(result, schedule: schedule, changed: changed, dice: &dice))
            }
        }
        let noted = book.record(checks, of: Array(results.values))
        for index in differences.updates.indices {
            guard let schedule = noted[differences.updates[index].id] else { continue }
            differences.updates[index].schedule = schedule
            differences.updates[index].nextCheckAt = schedule.nextCheckAt
        }
        return book
    }
}

/// A tag on its way into the schedule.
private struct Beginning {
    let tag: LockedTag
    let result: CheckResult
    let batch: ScheduleBatch

    func schedule(chance: Double) -> TagSchedule {
        batch.begin(in: tag.repositoryID, at: result.checkedAt, way: result.way, chance: chance)
    }

    /// Before this check.
    func schedule(history: [Change]) -> TagSchedule {
        let repository = batch.repositories[tag.repositoryID] ?? RepositorySchedule()
        let known = [tag.state.lastSucceededAt, tag.state.lastMissingAt].compactMap(\.self).max()
        return TagSchedule(
            history: history, lastCheckAt: known ?? result.checkedAt, in: repository, lane: batch.lane, chance: 1)
            ?? TagSchedule(firstSeenAt: known ?? result.checkedAt, in: repository, lane: batch.lane, chance: 1)
    }
}
