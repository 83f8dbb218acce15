import Synchronization

extension HostGate {
    /// How it stands with the other workers.
    struct ExchangeState {
        var isUnderWay = false
        var hasFailed = false
        var lastAsked: Duration?
        /// Not sooner, whatever is needed.
        var notBefore: Duration = .zero
        var news: News?
        /// Until when this worker may send the one request that tries a host.
        var trialUntil: Duration?
        var contentGranted = 0
        var contentAt: Duration = .zero

        enum News {
            case paused, answers
        }

        func hasTrial(at now: Duration) -> Bool { trialUntil.map { now < $0 } ?? false }
    }

    /// Between two exchanges of a host that is in use.
    private static let rhythm: Duration = .seconds(1)
    private static let leastDistance: Duration = .milliseconds(25)
    private static let afterFailure: Duration = .seconds(1)

    /// Starts an exchange where one is due, or sets the timer for it.
    func exchangeIfDue(_ state: inout State, at now: Duration) {
        guard let shared, !state.exchange.isUnderWay, !state.isClosed else { return }
        guard let due = due(&state, at: now) else { return }
        guard due <= now else { return setTimer(&state, for: due, at: now) }
        let report = report(&state, at: now)
        state.exchange.isUnderWay = true
        state.exchange.lastAsked = now
        Task { [weak self] in
            let result: Result<BudgetAnswer, any Error>
            do { result = .success(try await shared.exchange(report)) } catch { result = .failure(error) }
            self?.hear(result, to: report)
        }
    }

    /// When the next exchange is due; nil: when something is asked again.
    private func due(_ state: inout State, at now: Duration) -> Duration? {
        let exchange = state.exchange
        guard let last = exchange.lastAsked else { return now }
        var due: Duration?
        if exchange.news != nil { due = exchange.hasFailed ? exchange.notBefore : now }
        // What the last answer said of the quota, though nothing may be asked for long.
        if state.quota.news != nil {
            due = min(due ?? .seconds(Int64.max / 2), max(last + Self.rhythm, exchange.notBefore))
        }
        if !state.needs.isEmpty {
            due = min(due ?? .seconds(Int64.max / 2), max(last + Self.leastDistance, exchange.notBefore))
        }
        if state.inFlight > 0 || due != nil {
            let isShort = state.turns.runShort(at: now)
            let next = max(last + (isShort ? Self.leastDistance : Self.rhythm), exchange.notBefore)
            // No timer for these: the next request or answer looks again.
            if next <= now { due = now }
        }
        return due
    }

    private func report(_ state: inout State, at now: Duration) -> BudgetReport {
        var report = BudgetReport(host: host, rate: state.turns.rate, capacity: state.turns.capacity)
        report.wanted = state.turns.demand(waiting: state.waiters.count, at: now)
        report.knownVersion = state.backoff.version
        switch state.exchange.news {
        case .paused: report.news = state.backoff.shared(at: now).map { .paused($0) }
        case .answers: report.news = .answers
        case nil: break
        }
        state.exchange.news = nil
        report.quota = state.quota.takeNews(at: now)
        if state.needs.contains(.trial) {
            report.trialAfter = state.backoff.isRecovering ? trialLength : state.quota.probeInterval
        }
        if state.needs.contains(.content) { report.content = state.quota.contentPace }
        return report
    }

    private func hear(_ result: Result<BudgetAnswer, any Error>, to report: BudgetReport) {
        let now = time.now()
        let notice = change(at: now) { state -> Notice? in
            state.exchange.isUnderWay = false
            var notice: Notice?
            switch result {
            case .success(let answer): notice = take(answer, to: report, &state, at: now)
            case .failure:
                state.exchange.hasFailed = true
                state.exchange.notBefore = now + Self.afterFailure
                // To be told again, unless something newer is to be told.
                if state.exchange.news == nil {
                    switch report.news {
                    case .paused: state.exchange.news = .paused
                    case .answers: state.exchange.news = .answers
                    case nil: break
                    }
                }
                state.quota.tellAgain(report.quota, at: now)
            }
            return notice
        }
        if let notice { onNotice(notice) }
    }

    private func take(_ answer: BudgetAnswer, to report: BudgetReport, _ state: inout State, at now: Duration)
        -> Notice?
    {
        state.exchange.hasFailed = false
        state.exchange.notBefore = .zero
        state.turns.add(answer.granted, first: now + answer.firstIn, at: now)
        if report.wanted > 0, answer.granted == 0 {
            state.exchange.notBefore = now + min(max(answer.askAgainIn, Self.leastDistance), Self.rhythm * 10)
        }
        state.quota.hear(answer.quota, at: now)
        if let after = report.trialAfter {
            if answer.hasTrial {
                state.exchange.trialUntil = now + trialLength
            } else {
                // Somebody else tries; what comes of it is heard soon.
                if answer.pause != nil { state.exchange.notBefore = now + Self.rhythm }
                state.quota.probeIsAway(until: now + min(max(answer.trialIn, .seconds(1)), after))
            }
        }
        if report.content != nil {
            if answer.hasContent { state.exchange.contentGranted += 1 }
            state.exchange.contentAt = now + answer.contentIn
        }
        // What happened here meanwhile is newer than what the others knew.
        guard state.exchange.news == nil else { return nil }
        let wasRecovering = state.backoff.isRecovering
        state.backoff.adopt(answer.pause, version: answer.version, now: now)
        if wasRecovering, !state.backoff.isRecovering { return .answers }
        if !wasRecovering, let pause = state.backoff.pause(at: now) {
            return .paused(pause, reason: state.backoff.reason ?? "")
        }
        return nil
    }
}
