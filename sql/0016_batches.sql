-- What a worker claims at once is one row, and a tag leaves it with its check. A row and an index entry for each tag took
-- half of a claim's time, and left as much to be cleaned up. Who claims what is kept apart by locks: claims of a lane hold
-- the advisory lock (7627110, registry) until they commit, and (7627110, 0) shared; those of any lane that one alone.
-- These locks come before all others.
DROP TABLE claims;
CREATE UNLOGGED TABLE claims (
    expires_at timestamptz NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    worker_id integer NOT NULL,
    tag_ids integer[] NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
-- Numbers at random are not worth the attempt to make them smaller.
ALTER TABLE claims ALTER COLUMN tag_ids SET STORAGE EXTERNAL;

-- Whoever claims walks over what the index still holds of tags checked lately: fifty thousand of them take two milliseconds.
ALTER TABLE tag_checks SET (autovacuum_vacuum_scale_factor = 0.01);
