-- Narrower rows of changes and digests, the changes of one tag side by side.
--
-- A row that has nulls and more than eight columns begins eight bytes later; so kind, source and reverted share one, and
-- what is known of ordinals tells what is hidden. Measured with 2,000,000 rows written in the order of time: 72 bytes a
-- row were 60, and 22 in changes_recent are 7 to 11, because rows of the same five minutes share an entry. A digest's
-- place in its index took 58 to 78 bytes and takes 37.

ALTER TABLE changes RENAME TO changes_before;

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
    platform_set_id integer,
    -- The place among the tag's rows of the same time: 0, 1, 2, …, and -1 - place for a row of kind 8.
    ordinal smallint NOT NULL,
    -- kind + 16 · source + 128 · reverted.
    what smallint NOT NULL
) WITH (fillfactor = 97);

INSERT INTO changes (observed_at, not_before, pushed_at, tag_id, digest_id, platform_set_id, ordinal, what)
SELECT observed_at, not_before, pushed_at, tag_id, digest_id, platform_set_id,
    CASE WHEN kind = 8 THEN -1 - ordinal ELSE ordinal END, kind + 16 * source + 128 * reverted::integer
FROM changes_before ORDER BY tag_id, observed_at, ordinal;
DROP TABLE changes_before;

-- Histories lie side by side where they were imported, and after CLUSTER changes.
ALTER TABLE changes ADD PRIMARY KEY (tag_id, observed_at, ordinal);
ALTER TABLE changes CLUSTER ON changes_pkey;
CREATE INDEX changes_digest ON changes (digest_id);
-- Nothing that is written when a change's kind becomes known stands here, so that only the row itself is rewritten.
CREATE INDEX changes_recent ON changes (date_bin('5 minutes', observed_at, timestamptz 'epoch')) WHERE ordinal >= 0;

-- Unique by way of a hash: nobody asks for digests in their order.
ALTER TABLE digests DROP CONSTRAINT digests_digest_key, ADD CONSTRAINT digests_digest_key EXCLUDE USING hash (digest WITH =);
