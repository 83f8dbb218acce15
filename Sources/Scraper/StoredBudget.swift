public import RegistryClient
public import Store

/// The registries' budgets as the database keeps them for all workers.
public struct StoredBudget: SharedBudget {
    private let store: TagStore

    public init(_ store: TagStore) { self.store = store }

    public func exchange(_ report: BudgetReport) async throws -> BudgetAnswer {
        BudgetAnswer(try await store.exchange(HostReport(report)))
    }
}

extension HostReport {
    fileprivate init(_ report: BudgetReport) {
        self.init(host: report.host, requestsPerSecond: report.rate, capacity: report.capacity)
        wanted = report.wanted
        knownVersion = report.knownVersion
        news =
            switch report.news {
            case .paused(let pause):
                .paused(
                    seconds: pause.length / .seconds(1), failures: pause.failures, reason: pause.reason,
                    isHostsWish: pause.isHostsWish)
            case .answers: .answers
            case nil: nil
            }
        quota =
            switch report.quota {
            case .seen(let quota, let age):
                .seen(
                    limit: quota.limit, remaining: quota.remaining, windowSeconds: quota.window / .seconds(1),
                    resetsInSeconds: quota.resetsIn.map { $0 / .seconds(1) }, ageSeconds: age / .seconds(1))
            case .unlimited: .unlimited
            case nil: nil
            }
        trialAfterSeconds = report.trialAfter.map { $0 / .seconds(1) }
        contentIntervalSeconds = report.content.map { $0.interval / .seconds(1) }
        contentBurst = report.content?.burst ?? 1
    }
}

extension BudgetAnswer {
    fileprivate init(_ grant: HostGrant) {
        self.init()
        granted = grant.granted
        firstIn = .seconds(grant.firstInSeconds)
        askAgainIn = .seconds(max(0, grant.firstInSeconds - TagStore.turnHorizonSeconds))
        version = grant.version
        pause = grant.pause.map {
            SharedPause(
                length: .seconds($0.seconds), failures: $0.failures, reason: $0.reason, isHostsWish: $0.isHostsWish)
        }
        quota = grant.quota.flatMap { quota in
            // What is left until the reset is counted from when the quota was seen, as in the answer that told it.
            Quota(
                limit: quota.limit, remaining: quota.remaining, window: .seconds(quota.windowSeconds),
                resetsIn: quota.resetsInSeconds.map { .seconds($0 + quota.ageSeconds) }
            ).map { .seen($0, age: .seconds(quota.ageSeconds)) }
        }
        hasTrial = grant.hasTrial
        trialIn = .seconds(max(0, grant.trialInSeconds))
        hasContent = grant.hasContent
        contentIn = .seconds(max(0, grant.contentInSeconds))
    }
}
