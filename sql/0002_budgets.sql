-- What the workers share of the registries' hosts: turns, pauses, quotas; and how many requests were spent on what.

-- One narrow row per host (host:port), rewritten about once a second by each worker that asks it; room is left in the
-- page, so that nothing but the row itself is written. Turns follow each other at the host's rate: a worker takes the
-- next ones by moving next_turn_at on, so nobody's clock but the database's counts and no two turns are ever the same.
--
-- A host with paused_until is paused until then and half-open afterwards: one worker at a time has the right to try it,
-- since trial_at. version counts the changes of the pause. Locked after everything else, and alone.
CREATE TABLE host_budgets (
    next_turn_at timestamptz NOT NULL DEFAULT '-infinity',
    next_content_at timestamptz NOT NULL DEFAULT '-infinity',
    asked_at timestamptz NOT NULL DEFAULT '-infinity',
    paused_until timestamptz,
    trial_at timestamptz,
    quota_seen_at timestamptz,
    quota_resets_at timestamptz,
    -- Null: no limit.
    requests_per_second double precision,
    capacity double precision NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    quota_limit integer,
    quota_remaining integer,
    quota_window_seconds integer,
    is_hosts_wish boolean NOT NULL DEFAULT false,
    host text COLLATE "C" PRIMARY KEY,
    reason text
) WITH (
    fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000);

-- Requests sent, per hour, on behalf of which registry, to which host, and for what. purpose: 1 check, 2 bulk, 3 token,
-- 4 content, 5 tags, 6 history. Locked in the order of the key, after everything else but host_budgets.
CREATE TABLE request_counts (
    hour timestamptz NOT NULL,
    requests bigint NOT NULL,
    registry_id integer NOT NULL REFERENCES registries,
    purpose smallint NOT NULL,
    host text COLLATE "C" NOT NULL,
    PRIMARY KEY (hour, registry_id, host, purpose)
);
