import OCI
import Store

extension StatusPage {
    init(_ status: StoreStatus, version: String, now: Timestamp) {
        notices = Notice.silent(status.lanes)
        let overdue = status.overdueSeconds(at: now)
        let health = SiteHealth(status, now: now)
        (badge, answer) = (health.badge, health.text)
        let today = status.days.last.map { $0.unchanged + $0.changed + $0.missing + $0.failed } ?? 0
        figures = [
            Figure(label: "Tags tracked", value: Words.number(status.tracked)),
            Figure(label: "Changes recorded", value: Words.number(status.changes)),
            Figure(
                label: "Due now", value: Self.due(status.lanes),
                detail: overdue > 0 ? "the oldest for \(Words.days(overdue / 86_400))" : nil),
            Figure(label: "Failing", value: Words.number(status.states[.failing] ?? 0)),
            Figure(label: "Missing", value: Words.number(status.states[.missing] ?? 0)),
            Figure(label: "Checks", value: Words.number(today), detail: "on the last day"),
            Figure(
                label: "Time of a check", value: status.days.last.map { Day($0).duration } ?? "–",
                detail: "with the wait for its turn"),
            Figure(label: "Workers", value: Words.number(status.workers.count), detail: "alive"),
        ]
        lanes = status.lanes.map { Lane($0, now: now) }
        paces = status.lanes.prefix(50).compactMap(Pace.init)
        scheduleText = Self.scheduleText(paces)
        // Visitors may name any number of hosts; the rest is in the JSON.
        hosts = status.hosts.prefix(50).map { Host($0, now: now) }
        followed = status.followed.map { Followed($0, now: now) }
        chart = Self.chart(status.days, now: now)
        days = status.days.reversed().map(Day.init)
        workers = status.workers.map { Worker(name: $0.name, since: Moment($0.startedAt, now: now)) }
    }

    /// More than some of each lane are not counted.
    static func due(_ lanes: [LaneStatus]) -> String {
        Words.number(lanes.reduce(0) { $0 + ($1.due ?? 0) })
            + (lanes.contains { $0.due ?? 0 >= LaneStatus.mostDue } ? " or more" : "")
    }

    private static func chart(_ days: [DayCounts], now: Timestamp) -> String {
        let length = 50
        let today = now.microseconds / 86_400_000_000
        let byDay = Dictionary(days.map { ($0.day.microseconds / 86_400_000_000, $0) }) { $1 }
        let bars = (0..<length).map { index in
            let day = today - Int64(length - 1 - index)
            let start = Timestamp(seconds: day * 86_400)
            let counts = byDay[day]
            let answered = counts.map { $0.unchanged + $0.changed + $0.missing } ?? 0
            let date = Words.date(start)
            return BarChart.Bar(
                label: counts == nil
                    ? "\(date): no checks"
                    : "\(date): \(Words.number(answered)) answered, \(Words.number(counts?.failed ?? 0)) failed",
                lower: answered, upper: counts?.failed ?? 0,
                tick: index % 7 == 3 ? String(date.dropLast(5)) : nil, isMinorTick: index % 14 != 3)
        }
        let failed = days.reduce(0) { $0 + $1.failed }
        let answered = days.reduce(0) { $0 + $1.unchanged + $1.changed + $1.missing }
        return BarChart(
            id: "days", title: "Checks per day, 50 days",
            description: "\(Words.count(answered, "check")) answered and \(Words.number(failed)) failed.",
            bars: bars, upperStyle: "bad"
        ).svg
    }
}

extension StatusPage.Lane {
    init(_ lane: LaneStatus, now: Timestamp) {
        registry = lane.registry.name
        href = Href.address("/", ["registry": lane.registry.name])
        problem = lane.lastError
        tracked = Words.number(lane.tracked)
        due = StatusPage.due([lane])
        failing = Words.number(lane.failing)
        oldestDue = lane.oldestDueAt.map { Moment($0, now: now) }
        lastSuccess = lane.lastSucceededAt.map { Moment($0, now: now) }
    }
}

extension StatusPage.Followed {
    init(_ followed: FollowedRepository, now: Timestamp) {
        repository = followed.repository.familiar
        href = Href.repository(followed.repository)
        problem = followed.failure
        selected =
            followed.listed.map { "\(Words.number(followed.selected ?? 0)) of \(Words.number($0))" } ?? "not known yet"
        listed = followed.listedAt.map { Moment($0, now: now) }
        next = Moment(followed.nextListingAt, now: now)
    }
}

extension StatusPage.Day {
    init(_ counts: DayCounts) {
        label = Words.date(counts.day)
        unchanged = Words.number(counts.unchanged)
        changed = Words.number(counts.changed)
        missing = Words.number(counts.missing)
        failed = Words.number(counts.failed)
        let checks = counts.unchanged + counts.changed + counts.missing + counts.failed
        duration = checks == 0 ? "–" : "\(Words.number(Int((counts.seconds / Double(checks) * 1_000).rounded()))) ms"
    }
}
