-- Where what is watched comes from: the past that a registry still knows, and tags that appear by themselves.

-- Tags that were seen for the first time and whose past has not been asked for yet. Gone when it was.
CREATE TABLE backfills (
    due_at timestamptz NOT NULL,
    tag_id integer PRIMARY KEY REFERENCES tags ON DELETE CASCADE,
    repository_id integer NOT NULL,
    attempts smallint NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX backfills_due ON backfills (due_at);
CREATE INDEX backfills_repository ON backfills (repository_id, due_at);

-- Repositories whose tags are followed as they appear. The selection stands in the settings of whoever works for it.
CREATE TABLE followed_repositories (
    next_listing_at timestamptz NOT NULL,
    listed_at timestamptz,
    repository_id integer PRIMARY KEY REFERENCES repositories,
    listed integer,
    selected integer,
    failure text
);
