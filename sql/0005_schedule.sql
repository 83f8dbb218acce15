-- The schedule: what decides when a tag is checked and a repository listed, kept here so that any worker can go on where
-- another stopped.
--
-- Transactions lock in the order of 0001, with repository_schedules after tag_checks and lanes after check_counts. Whoever
-- holds a repository's row waits for no tag.

-- One row per registry, rewritten with each claim; room is left in the page for that. See LaneSchedule. Tags stand in
-- tag_checks in the order of next_check_at, which is counted by the lane's clock: where requests are scarce it lags behind
-- time, where they are plentiful it runs ahead. claimed_at is the time at which it was last moved.
CREATE TABLE lanes (
    clock timestamptz NOT NULL,
    claimed_at timestamptz NOT NULL,
    steered_at timestamptz NOT NULL,
    clock_when_steered timestamptz NOT NULL,
    counted_at timestamptz NOT NULL,
    -- Up to here the contents of first sightings are spread out.
    contents_until timestamptz NOT NULL DEFAULT '-infinity',
    spacing double precision NOT NULL,
    requests_per_day double precision NOT NULL,
    -- Expected, over the changes to come.
    mean_delay_seconds double precision,
    registry_id integer PRIMARY KEY REFERENCES registries,
    tags integer NOT NULL
) WITH (
    fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000);

-- A repository's bursts (RepositorySchedule) and, where a vendor's listing answers for its tags, when it is listed
-- (ListingSchedule; next_listing_at is null where none does). leader is the tag whose check revealed the last burst.
-- A lister has the repository to itself until lister_until: others leave its tags alone meanwhile.
CREATE TABLE repository_schedules (
    burst_started_at timestamptz,
    last_change_at timestamptz,
    next_listing_at timestamptz,
    last_listing_at timestamptz,
    -- The last listing that was read to its end.
    whole_listing_at timestamptz,
    -- No listing before this: the last one failed, or would leave out again what it left out.
    list_after timestamptz NOT NULL DEFAULT '-infinity',
    lister_until timestamptz,
    repository_id integer PRIMARY KEY REFERENCES repositories,
    registry_id integer NOT NULL,
    lister_id integer,
    leader integer,
    changes real,
    days real,
    bursts real,
    requests real,
    burst smallint NOT NULL DEFAULT 0,
    -- Listings that failed in a row.
    failures smallint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
CREATE INDEX repository_schedules_due ON repository_schedules (registry_id, next_listing_at)
    WHERE next_listing_at IS NOT NULL;
CREATE INDEX repository_schedules_listers ON repository_schedules (repository_id) WHERE lister_id IS NOT NULL;

-- See TagSchedule. rate is null where the schedule knows nothing of the tag's history, or not its present form: then it
-- begins from the history at the next check. reason: 1 ordinary, 2 raised, 3 boosted, 4 sweep.
ALTER TABLE tag_checks
    ADD COLUMN repository_id integer,
    ADD COLUMN events real NOT NULL DEFAULT 0,
    ADD COLUMN last_event_days real NOT NULL DEFAULT 0,
    ADD COLUMN rate real,
    ADD COLUMN seen_changes smallint NOT NULL DEFAULT 0,
    ADD COLUMN credits smallint NOT NULL DEFAULT 0,
    ADD COLUMN first_burst smallint NOT NULL DEFAULT 0,
    ADD COLUMN last_burst smallint NOT NULL DEFAULT 0,
    ADD COLUMN reason smallint NOT NULL DEFAULT 1;
UPDATE tag_checks c SET repository_id = t.repository_id FROM tags t WHERE t.id = c.tag_id;
ALTER TABLE tag_checks ALTER COLUMN repository_id SET NOT NULL;

-- What checks were made for: of those asked for by themselves, how many because a sibling's change revealed a burst, to
-- keep a listing honest, and because somebody waited; and how many a listing answered.
ALTER TABLE check_counts
    ADD COLUMN last_succeeded_at timestamptz,
    ADD COLUMN revealed integer NOT NULL DEFAULT 0,
    ADD COLUMN swept integer NOT NULL DEFAULT 0,
    ADD COLUMN requested integer NOT NULL DEFAULT 0,
    ADD COLUMN listed integer NOT NULL DEFAULT 0;
