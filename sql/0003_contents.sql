-- What digests hold, each read once, and which platforms a change touched.
--
-- Transactions lock these in the order of 0001: platforms and platform_sets with media types and digests; then contents,
-- digest_platforms and content_facts; content_queue after everything of a tag and before check_requests.

-- Sets of platforms.id in ascending order. There are few: what differs between changes is which set they bear.
CREATE TABLE platform_sets (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platforms integer[] NOT NULL UNIQUE
);

-- The platforms that a change touched; null where they are not known and for a change that touched none.
ALTER TABLE changes ADD COLUMN platform_set_id integer;

-- state: 1 read, 2 told by a vendor's listing (its platforms only), 3 gone before it was read, 4 given up.
-- layers: of an image, the first 16 bytes of the SHA-256 of its list of layers; empty where it has none; null for an
-- index. Without foreign keys, as changes: digests are never deleted.
CREATE TABLE contents (
    digest_id integer PRIMARY KEY,
    state smallint NOT NULL,
    unnamed_platforms boolean NOT NULL DEFAULT false,
    layers bytea,
    reason text
);
CREATE INDEX digest_platforms_manifest ON digest_platforms (manifest_id);

-- What an image says of itself, where it says anything; of an index, what it and the image that stands for it say.
CREATE TABLE content_facts (
    created_at timestamptz,
    digest_id integer PRIMARY KEY,
    version text,
    revision text,
    base_name text,
    base_digest bytea
);

-- Digests to read. A claim sets next_at to the time at which it runs out; asked counts those who wanted it, so that who
-- asks while it is read is not forgotten. A part is an image of an index, of which only the layers are wanted.
CREATE TABLE content_queue (
    next_at timestamptz NOT NULL,
    digest_id integer PRIMARY KEY,
    repository_id integer NOT NULL,
    registry_id integer NOT NULL,
    asked integer NOT NULL DEFAULT 1,
    tries smallint NOT NULL DEFAULT 0,
    is_part boolean NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX content_queue_due ON content_queue (registry_id, next_at);
