-- The first schema: what is watched, what is known of it, and what is being done.
--
-- Sizes matter: a large site has a million tags and twenty million changes, so what is written on each check stands in
-- narrow rows apart from what is written on each change, digests are stored once, and nothing is written per unchanged
-- check but one narrow update. Columns stand in the order of their alignment.
--
-- Transactions lock in this order, and within each table in the order of the key, so that they wait for each other
-- instead of deadlocking: registries, repositories and tags that are new; rows of tag_checks; media types and digests;
-- everything else of a tag; check_requests; claims; check_counts. A tag's lock is that of its row in tag_checks: whoever
-- writes its state, its history or its summary, or removes it, holds that.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- A registry's host is one lane of checks.
CREATE TABLE registries (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE repositories (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registry_id integer NOT NULL REFERENCES registries,
    path text COLLATE "C" NOT NULL,
    UNIQUE (registry_id, path)
);

-- Registries make these up as they like, so they must not run out of numbers.
CREATE TABLE media_types (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
);

-- Five tags bear the same digest on average. 32 bytes are a sha256, 64 a sha512. Without a foreign key, whose check would
-- take a quarter of an insertion's time: media types are never deleted.
CREATE TABLE digests (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    media_type_id integer,
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) IN (32, 64))
);

CREATE TABLE platforms (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
);

-- What an index holds, read once per index digest; a single image's own platform stands here with its own digest.
CREATE TABLE digest_platforms (
    index_id integer NOT NULL REFERENCES digests,
    manifest_id integer NOT NULL REFERENCES digests,
    platform_id integer NOT NULL REFERENCES platforms,
    PRIMARY KEY (index_id, platform_id, manifest_id)
);

-- Rows are rewritten on a change, not on a check. The counts are what lists sort by.
CREATE TABLE tags (
    tracked_since timestamptz NOT NULL,
    last_viewed_at timestamptz,
    first_seen_at timestamptz,
    last_changed_at timestamptz,
    last_pushed_at timestamptz,
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository_id integer NOT NULL REFERENCES repositories,
    changes integer NOT NULL DEFAULT 0,
    changes_30d integer NOT NULL DEFAULT 0,
    interval_days real,
    -- 1 operator, 2 visitor, 3 starter, 4 import, 5 discovery
    origin smallint NOT NULL,
    -- 1 pending, 2 active, 3 missing, 4 untracked, 5 failing
    state smallint NOT NULL,
    reference text COLLATE "C" NOT NULL UNIQUE
) WITH (fillfactor = 90);
CREATE INDEX tags_changes ON tags (changes, id);
CREATE INDEX tags_changes_30d ON tags (changes_30d, id);
CREATE INDEX tags_interval ON tags ((COALESCE(interval_days, -1::real)), id);
CREATE INDEX tags_last_changed ON tags ((COALESCE(last_changed_at, timestamptz 'epoch')), id);
CREATE INDEX tags_tracked_since ON tags (tracked_since, id);
CREATE INDEX tags_state ON tags (state) WHERE state <> 2;
-- Not on the bare column, or it might be used for plain equality, where it takes a thousand times as long.
CREATE INDEX tags_search ON tags USING gin (lower(reference) gin_trgm_ops);

-- What the worker needs and rewrites on each check, in one narrow row. digest_id is the newest digest that the tag has
-- borne, kept while the tag is missing. An untracked tag is next checked at infinity.
CREATE TABLE tag_checks (
    next_check_at timestamptz NOT NULL,
    last_checked_at timestamptz,
    last_succeeded_at timestamptz,
    -- The last 404 of a tag that is missing now.
    last_missing_at timestamptz,
    tag_id integer PRIMARY KEY REFERENCES tags ON DELETE CASCADE,
    digest_id integer,
    registry_id integer NOT NULL,
    failures smallint NOT NULL DEFAULT 0,
    is_missing boolean NOT NULL DEFAULT false
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX tag_checks_due ON tag_checks (registry_id, next_check_at);

-- Why the last check of a tag failed; gone with the next success.
CREATE TABLE check_failures (
    failed_at timestamptz NOT NULL,
    tag_id integer PRIMARY KEY REFERENCES tags ON DELETE CASCADE,
    reason text NOT NULL
);

-- Every row is an observation. kind: 1 first, 2 rebuild, 3 noop, 4 platforms, 5 metadata, 6 missing, 7 returned,
-- 8 same (an imported observation that is no change, kept so that the order of imports never matters).
-- source: 1 observed, 2 registry, 3 sibling, 4 metadata, 5 imported.
-- Without foreign keys: tags with history and digests are never deleted, and millions of rows are imported at a time.
CREATE TABLE changes (
    observed_at timestamptz NOT NULL,
    not_before timestamptz,
    pushed_at timestamptz,
    tag_id integer NOT NULL,
    digest_id integer,
    ordinal smallint NOT NULL,
    kind smallint NOT NULL,
    source smallint NOT NULL,
    reverted boolean NOT NULL,
    PRIMARY KEY (tag_id, observed_at, ordinal)
) WITH (fillfactor = 95);
CREATE INDEX changes_digest ON changes (digest_id);
CREATE INDEX changes_recent ON changes (observed_at) WHERE kind <> 8;

-- Living workers hold the advisory lock (7627108, id) in their database session; see claims.
CREATE TABLE workers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL,
    name text NOT NULL
);

-- Which worker checks a tag now. A claim holds while its worker's session lives and until it expires. Unlogged: after a
-- crash of the database every session is gone, and so is what they claimed.
CREATE UNLOGGED TABLE claims (
    expires_at timestamptz NOT NULL,
    tag_id integer PRIMARY KEY,
    worker_id integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Checks that somebody waits for; they go ahead of the queue. outcome: 1 unchanged, 2 changed, 3 missing, 4 failed.
CREATE TABLE check_requests (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    requested_at timestamptz NOT NULL,
    finished_at timestamptz,
    tag_id integer NOT NULL,
    digest_id integer,
    outcome smallint,
    reason text
);
CREATE INDEX check_requests_open ON check_requests (tag_id) WHERE finished_at IS NULL;

-- How checks ended, per hour and registry.
CREATE TABLE check_counts (
    hour timestamptz NOT NULL,
    seconds double precision NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    missing integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    registry_id integer NOT NULL REFERENCES registries,
    PRIMARY KEY (hour, registry_id)
);
