import LibPQ

/// Everything that workers share of one host, under its row's lock.
///
/// A turn is a moment; turns follow each other at the rate, and not more than `capacity` of them lie in the past. All
/// living workers may hold a second's worth together, lest one that comes later waits long for its first. It does not
/// wait for the disk: a crash of the server may forget a second of it.
struct ExchangeHost: Statement {
    typealias Row = HostGrant
    let report: HostReport

    static let sql: SQL = """
        WITH old AS MATERIALIZED (
            SELECT b.*, clock_timestamp() AS now, set_config('synchronous_commit', 'off', true) FROM host_budgets b
            WHERE b.host = $1 FOR UPDATE),
        living AS MATERIALIZED (SELECT greatest(1, count(*)) AS count FROM workers),
        told AS MATERIALIZED (
            SELECT o.now, o.trial_at, o.next_turn_at, o.next_content_at,
                $6 = 1 OR ($6 = 2 AND o.version = $11) AS is_news,
                CASE WHEN $6 = 1 THEN greatest(o.paused_until, o.now + $7 * interval '1 second')
                    WHEN $6 = 2 AND o.version = $11 THEN NULL ELSE o.paused_until END AS paused_until,
                CASE WHEN $6 = 1 THEN CASE WHEN o.paused_until IS NULL THEN $8 ELSE greatest(o.failures, $8) END
                    WHEN $6 = 2 AND o.version = $11 THEN 0 ELSE o.failures END AS failures,
                CASE WHEN $6 = 1 THEN $9 WHEN $6 = 2 AND o.version = $11 THEN NULL ELSE o.reason END AS reason,
                CASE WHEN $6 = 1 THEN $10 OR (o.is_hosts_wish AND o.paused_until > o.now)
                    WHEN $6 = 2 AND o.version = $11 THEN false ELSE o.is_hosts_wish END AS is_hosts_wish,
                q.is_new AS has_new_quota,
                CASE WHEN q.is_new THEN nullif($12, 0) ELSE o.quota_limit END AS quota_limit,
                CASE WHEN q.is_new THEN $13 ELSE o.quota_remaining END AS quota_remaining,
                CASE WHEN q.is_new THEN $14 ELSE o.quota_window_seconds END AS quota_window_seconds,
                CASE WHEN q.is_new THEN o.now - $15 * interval '1 second' ELSE o.quota_seen_at END AS quota_seen_at,
                CASE WHEN q.is_new THEN o.now + ($16 - $15) * interval '1 second'
                    ELSE o.quota_resets_at END AS quota_resets_at
            FROM old o, LATERAL (
                SELECT $12 IS NOT NULL
                    AND (o.quota_seen_at IS NULL OR o.now - $15 * interval '1 second' >= o.quota_seen_at) AS is_new) q),
        asked AS MATERIALIZED (
            SELECT t.*,
                CASE WHEN $2 IS NULL THEN t.now
                    ELSE greatest(t.next_turn_at, t.now - (greatest($3 - 1, 0) / $2) * interval '1 second') END AS first_at,
                CASE WHEN $18 IS NOT NULL THEN
                    greatest(t.next_content_at, t.now - ($19 - 1) * $18 * interval '1 second') END AS content_at,
                greatest(CASE WHEN NOT (t.is_news AND $6 = 1) THEN t.trial_at END,
                    CASE WHEN t.paused_until IS NULL THEN t.quota_seen_at END)
                    + $17 * interval '1 second' AS trial_due
            FROM told t),
        granted AS MATERIALIZED (
            SELECT a.*,
                CASE WHEN $2 IS NULL THEN 0 ELSE greatest(0, least($4::float8, ceil($2 / w.count),
                    floor(extract(epoch FROM a.now - a.first_at)::float8 * $2 + $5 * $2) + 1))::integer
                    END AS turns,
                $17 IS NOT NULL AND COALESCE(a.paused_until <= a.now, true) AND COALESCE(a.trial_due <= a.now, true)
                    AS has_trial,
                COALESCE(a.content_at <= a.now, false) AS has_content
            FROM asked a, living w),
        written AS (
            UPDATE host_budgets b SET asked_at = g.now, requests_per_second = $2, capacity = $3,
                next_turn_at = CASE WHEN g.turns > 0 THEN g.first_at + (g.turns / $2) * interval '1 second'
                    ELSE b.next_turn_at END,
                next_content_at = CASE WHEN g.has_content THEN g.content_at + $18 * interval '1 second'
                    ELSE b.next_content_at END,
                trial_at = CASE WHEN g.has_trial THEN g.now WHEN g.is_news THEN NULL ELSE b.trial_at END,
                paused_until = g.paused_until, failures = g.failures, reason = g.reason,
                is_hosts_wish = g.is_hosts_wish, version = b.version + g.is_news::integer,
                quota_limit = g.quota_limit, quota_remaining = g.quota_remaining,
                quota_window_seconds = g.quota_window_seconds, quota_seen_at = g.quota_seen_at,
                quota_resets_at = g.quota_resets_at
            FROM granted g WHERE b.host = $1
            RETURNING b.version)
        SELECT g.turns, extract(epoch FROM g.first_at - g.now)::float8, w.version,
            extract(epoch FROM g.paused_until - g.now)::float8, g.failures, COALESCE(g.reason, ''), g.is_hosts_wish,
            g.quota_limit, g.quota_remaining, g.quota_window_seconds::float8,
            extract(epoch FROM g.quota_resets_at - g.now)::float8, extract(epoch FROM g.now - g.quota_seen_at)::float8,
            g.has_trial, COALESCE(extract(epoch FROM greatest(g.trial_due, g.paused_until) - g.now), 0)::float8,
            g.has_content, COALESCE(extract(epoch FROM g.content_at - g.now), 0)::float8
        FROM granted g, written w
        """

    func bind(_ parameters: inout Parameters) {
        parameters.append(report.host)
        parameters.append(report.requestsPerSecond)
        parameters.append(report.capacity)
        parameters.append(Int32(clamping: report.wanted))
        parameters.append(TagStore.turnHorizonSeconds)
        bindNews(&parameters)
        parameters.append(report.knownVersion)
        bindQuota(&parameters)
        parameters.append(report.trialAfterSeconds)
        parameters.append(report.contentIntervalSeconds)
        parameters.append(Double(report.contentBurst))
    }

    private func bindNews(_ parameters: inout Parameters) {
        var news: (kind: Int16, seconds: Double, failures: Int, reason: String?, isHostsWish: Bool) = (
            0, 0, 0, nil, false
        )
        switch report.news {
        case .paused(let seconds, let failures, let reason, let isHostsWish):
            news = (1, seconds, failures, reason, isHostsWish)
        case .answers: news.kind = 2
        case nil: break
        }
        parameters.append(news.kind)
        parameters.append(news.seconds)
        parameters.append(Int32(clamping: news.failures))
        parameters.append(news.reason)
        parameters.append(news.isHostsWish)
    }

    private func bindQuota(_ parameters: inout Parameters) {
        var quota: (limit: Int32?, remaining: Int32?, window: Int32?, age: Double, resetsIn: Double?) = (
            nil, nil, nil, 0, nil
        )
        switch report.quota {
        case .seen(let limit, let remaining, let window, let resetsIn, let age):
            quota = (
                Int32(clamping: limit), Int32(clamping: remaining), Int32(min(max(window, 1), 1e9)), age, resetsIn
            )
        case .unlimited: quota.limit = 0
        case nil: break
        }
        parameters.append(quota.limit)
        parameters.append(quota.remaining)
        parameters.append(quota.window)
        parameters.append(quota.age)
        parameters.append(quota.resetsIn)
    }

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> HostGrant {
        let granted: Int = try row.next()
        let firstIn: Double = try row.next()
        let version: Int64 = try row.next()
        let pausedFor: Double? = try row.next()
        let failures: Int = try row.next()
        let reason: String = try row.next()
        let isHostsWish: Bool = try row.next()
        let limit: Int? = try row.next()
        let remaining: Int? = try row.next()
        let window: Double? = try row.next()
        let resetsIn: Double? = try row.next()
        let age: Double? = try row.next()
        var quota: HostGrant.Quota?
        if let limit, let remaining, let window, let age {
            quota = HostGrant.Quota(
                limit: limit, remaining: remaining, windowSeconds: window, resetsInSeconds: resetsIn, ageSeconds: age)
        }
        return HostGrant(
            granted: granted, firstInSeconds: firstIn, version: version,
            pause: pausedFor.map {
                HostGrant.Pause(seconds: $0, failures: failures, reason: reason, isHostsWish: isHostsWish)
            },
            quota: quota, hasTrial: try row.next(), trialInSeconds: try row.next(), hasContent: try row.next(),
            contentInSeconds: try row.next())
    }
}
