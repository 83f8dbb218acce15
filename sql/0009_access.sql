-- What visitors ask for and who may write: the tags that registries offer, tokens, and tags that sleep.

-- What a registry offers under a repository, for those who look for a tag to track. A worker lists it where it is wanted,
-- and the names are kept for a while. Locked alone.
CREATE TABLE offered_tags (
    asked_at timestamptz NOT NULL,
    -- A worker has it to itself until then.
    claimed_until timestamptz NOT NULL DEFAULT '-infinity',
    tried_at timestamptz,
    -- The last listing that came to its end.
    listed_at timestamptz,
    is_wanted boolean NOT NULL DEFAULT true,
    is_missing boolean NOT NULL DEFAULT false,
    repository text COLLATE "C" PRIMARY KEY,
    -- In order, set apart by spaces.
    names text,
    failure text
);
CREATE INDEX offered_tags_wanted ON offered_tags (asked_at) WHERE is_wanted;

-- Who may write through the API. A token itself is nowhere: hash is its SHA-256.
CREATE TABLE tokens (
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    name text COLLATE "C" PRIMARY KEY,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32)
);

-- A tag that is not tracked because nobody looked at it; null where a person stopped it. It wakes when it is looked at.
ALTER TABLE tags ADD COLUMN retired_at timestamptz;
