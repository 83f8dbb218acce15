import OCI
import Store

struct StatusJSON: Encodable {
    struct Worker: Encodable {
        let id: Int32
        let name: String
        let startedAt: Timestamp
    }

    struct Lane: Encodable {
        /// Of the last 24 hours, by what they were made for.
        struct Checks: Encodable {
            let due: Int
            let boosted: Int
            let sweep: Int
            let requested: Int
            let listed: Int
        }

        let status: LaneStatus

        private enum CodingKeys: CodingKey {
            case registry, tracked, due, oldestDueAt, failing, isSilent, lastError, lastSucceededAt, recentChecks,
                recentFailures, requestsLastDay, checksLastDay, requestsPerSecond, spacing, expectedMeanDelaySeconds,
                lagSeconds
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(status.registry.name, forKey: .registry)
            try container.encode(status.tracked, forKey: .tracked)
            try container.encode(status.due ?? 0, forKey: .due)
            try container.encode(status.oldestDueAt, forKey: .oldestDueAt)
            try container.encode(status.failing, forKey: .failing)
            try container.encode(status.isSilent, forKey: .isSilent)
            try container.encode(status.recent.checks, forKey: .recentChecks)
            try container.encode(status.recent.failed, forKey: .recentFailures)
            try container.encode(status.lastError, forKey: .lastError)
            try container.encode(status.lastSucceededAt, forKey: .lastSucceededAt)
            try container.encode(HostJSON.named(status.requests), forKey: .requestsLastDay)
            let checks = status.checks
            try container.encode(
                Checks(
                    due: checks.due, boosted: checks.boosted, sweep: checks.sweep, requested: checks.requested,
                    listed: checks.listed), forKey: .checksLastDay)
            try container.encode(status.schedule?.requestsPerSecond, forKey: .requestsPerSecond)
            try container.encode(status.schedule?.spacing, forKey: .spacing)
            try container.encode(status.schedule?.meanDelaySeconds, forKey: .expectedMeanDelaySeconds)
            try container.encode(status.schedule?.lagSeconds, forKey: .lagSeconds)
        }
    }

    /// A repository whose tags are followed as they appear.
    struct Followed: Encodable {
        let status: FollowedRepository

        private enum CodingKeys: CodingKey {
            case repository, listedAt, listed, selected, nextListingAt, lastError
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(status.repository.description, forKey: .repository)
            try container.encode(status.listedAt, forKey: .listedAt)
            try container.encode(status.listed, forKey: .listed)
            try container.encode(status.selected, forKey: .selected)
            try container.encode(status.nextListingAt, forKey: .nextListingAt)
            try container.encode(status.failure, forKey: .lastError)
        }
    }

    struct Day: Encodable {
        let day: String
        let unchanged: Int
        let changed: Int
        let missing: Int
        let failed: Int
        /// Time spent on checks, summed over concurrent ones.
        let checkSeconds: Double
    }

    let version: String
    let asOf: Timestamp
    let health: SiteHealth
    let tracked: Int
    let changes: Int
    /// By the state's name; every state is there.
    let states: [String: Int]
    let workers: [Worker]
    let lanes: [Lane]
    /// The busiest first.
    let hosts: [HostJSON]
    let followed: [Followed]
    /// The last 50 days, newest last.
    let days: [Day]

    init(_ status: StoreStatus, version: String, now: Timestamp) {
        self.version = version
        asOf = now
        health = SiteHealth(status, now: now)
        tracked = status.tracked
        changes = status.changes
        states = Dictionary(uniqueKeysWithValues: TagState.allCases.map { ($0.name, status.states[$0] ?? 0) })
        workers = status.workers.map { Worker(id: $0.id, name: $0.name, startedAt: $0.startedAt) }
        lanes = status.lanes.map(Lane.init)
        hosts = status.hosts.map(HostJSON.init)
        followed = status.followed.map(Followed.init)
        days = status.days.map {
            Day(
                day: String($0.day.description.prefix(10)), unchanged: $0.unchanged, changed: $0.changed,
                missing: $0.missing, failed: $0.failed, checkSeconds: $0.seconds)
        }
    }
}
