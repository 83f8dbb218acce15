import OCI
import TagHistory

@testable import Store
@testable import Web

/// Made-up models for what needs no database.
enum Samples {
    /// A tag whose first sighting was the first of these days ago, and which changed on the others.
    static func tag(
        _ name: String = "python:3.12", state: TagState = .active, changesDaysAgo days: [Double],
        lastError: String? = nil, trackedSince: Timestamp? = nil, source: Source = .observed
    ) throws -> (TrackedTag, [Change]) {
        let history = days.enumerated().map { index, daysAgo in
            let time = TestSite.now.advanced(bySeconds: -daysAgo * 86_400)
            return Change(
                digest: .numbered(index), previousDigest: index == 0 ? nil : .numbered(index - 1),
                kind: index == 0 ? .first : .rebuild, source: source, observedAt: time,
                notBefore: index == 0 ? nil : time.advanced(bySeconds: -3_600), mediaType: .ociIndex)
        }
        let isSeen = !history.isEmpty
        let tag = TrackedTag(
            id: 1, reference: try TagReference(parsing: name), state: state,
            digest: state == .missing ? nil : history.last?.digest, mediaType: isSeen ? .ociIndex : nil, platforms: [],
            trackedSince: trackedSince ?? history.first?.observedAt ?? TestSite.now,
            firstSeenAt: history.first?.observedAt,
            lastCheckedAt: isSeen ? TestSite.now : nil, lastSucceededAt: isSeen ? TestSite.now : nil,
            lastChangedAt: history.count > 1 ? history.last?.observedAt : nil, lastPushedAt: nil,
            nextCheckAt: state == .untracked ? nil : TestSite.now.advanced(bySeconds: 3_600), lastError: lastError)
        return (tag, history)
    }

    static func statistics(_ tag: (TrackedTag, [Change])) -> Statistics {
        Statistics(
            changes: tag.1, firstSeenAt: tag.0.firstSeenAt, lastSucceededAt: tag.0.lastSucceededAt, asOf: TestSite.now)
    }

    static func row(_ tag: (TrackedTag, [Change])) -> TagRow {
        let pulse = Pulse(history: tag.1, firstSeenAt: tag.0.firstSeenAt)
        let judgement = pulse.judged(
            firstSeenAt: tag.0.firstSeenAt, lastSucceededAt: tag.0.lastSucceededAt, asOf: TestSite.now)
        return TagRow(JudgedTag(tag: tag.0, pulse: pulse, judgement: judgement), now: TestSite.now)
    }

    static func status(lanes: [LaneStatus]? = nil, hasWorker: Bool = true) throws -> StoreStatus {
        StoreStatus(
            tracked: 10, states: [.active: 9, .failing: 1], changes: 1_234,
            workers: hasWorker ? [WorkerInfo(id: 1, name: "worker <1>", startedAt: TestSite.now)] : [],
            lanes: try lanes ?? [lane("docker.io", failing: 0)],
            days: [
                DayCounts(day: TestSite.now, unchanged: 1_000, changed: 10, missing: 1, failed: 5, seconds: 50)
            ])
    }

    static func followed() throws -> [FollowedRepository] {
        [
            FollowedRepository(
                repository: try Repository(parsing: "python"), nextListingAt: TestSite.now.advanced(bySeconds: 600),
                listedAt: TestSite.now, listed: 1_300, selected: 50, failure: nil),
            FollowedRepository(
                repository: try Repository(parsing: "ghcr.io/a/b"), nextListingAt: TestSite.now, listedAt: nil,
                listed: nil, selected: nil, failure: "a < b"),
        ]
    }

    static func hosts() -> [HostStatus] {
        [
            HostStatus(
                host: "registry-1.docker.io:443", requestsPerSecond: 10, tokens: 1.96, circuit: .closed,
                pausedUntil: nil, reason: nil, isHostsWish: false,
                quota: .init(
                    limit: 100, remaining: 9, windowSeconds: 21_600, seenAt: TestSite.now.advanced(bySeconds: -60)),
                askedAt: TestSite.now, lastDay: [.check: 1_100, .content: 104], thisHour: [.check: 40]),
            HostStatus(
                host: "auth.docker.io:443", requestsPerSecond: 2.5, tokens: 0, circuit: .open,
                pausedUntil: TestSite.now.advanced(bySeconds: 300), reason: "a < b", isHostsWish: true, quota: nil,
                askedAt: TestSite.now, lastDay: [.token: 3]),
            HostStatus(
                host: "registry.test:5000", requestsPerSecond: nil, tokens: nil, circuit: .halfOpen, pausedUntil: nil,
                reason: "it broke", isHostsWish: false, quota: nil, askedAt: nil),
        ]
    }

    static func lane(
        _ registry: String, failing: Int, error: String? = nil, recent: (checks: Int, failed: Int) = (0, 0),
        schedule: LaneStatus.Schedule? = nil
    ) throws -> LaneStatus {
        LaneStatus(
            registry: try Registry(parsing: registry), tracked: 10, due: 0, oldestDueAt: nil, failing: failing,
            lastError: error, lastSucceededAt: nil,
            checks: LaneStatus.Uses(due: 4, boosted: 3, sweep: 2, requested: 1, listed: 0),
            recent: LaneStatus.Recent(checks: recent.checks, failed: recent.failed), schedule: schedule)
    }
}
