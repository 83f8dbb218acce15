-- How many tags and changes there are, without reading them all.

-- Each statement that adds, removes or changes tags adds what it changed; the sums are the truth, and from time to time
-- they take the rows' place. So nobody waits for anybody who counts. Locked after everything else of a tag.
CREATE TABLE tag_counts (
    tags bigint NOT NULL,
    changes bigint NOT NULL,
    registry_id integer NOT NULL,
    state smallint NOT NULL
);

CREATE FUNCTION count_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO tag_counts (tags, changes, registry_id, state)
        SELECT count(*), sum(n.changes), r.registry_id, n.state
        FROM new_tags n JOIN repositories r ON r.id = n.repository_id GROUP BY r.registry_id, n.state;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO tag_counts (tags, changes, registry_id, state)
        SELECT -count(*), -sum(o.changes), r.registry_id, o.state
        FROM old_tags o JOIN repositories r ON r.id = o.repository_id GROUP BY r.registry_id, o.state;
    ELSE
        INSERT INTO tag_counts (tags, changes, registry_id, state)
        SELECT sum(d.tags), sum(d.changes), r.registry_id, d.state
        FROM (
            SELECT n.repository_id, n.state, 1 AS tags, n.changes FROM new_tags n
            UNION ALL SELECT o.repository_id, o.state, -1, -o.changes FROM old_tags o) d
        JOIN repositories r ON r.id = d.repository_id
        GROUP BY r.registry_id, d.state HAVING sum(d.tags) <> 0 OR sum(d.changes) <> 0;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER tags_counted_new AFTER INSERT ON tags
    REFERENCING NEW TABLE AS new_tags FOR EACH STATEMENT EXECUTE FUNCTION count_tags();
CREATE TRIGGER tags_counted_old AFTER DELETE ON tags
    REFERENCING OLD TABLE AS old_tags FOR EACH STATEMENT EXECUTE FUNCTION count_tags();
CREATE TRIGGER tags_counted_again AFTER UPDATE ON tags
    REFERENCING OLD TABLE AS old_tags NEW TABLE AS new_tags FOR EACH STATEMENT EXECUTE FUNCTION count_tags();

INSERT INTO tag_counts (tags, changes, registry_id, state)
SELECT count(*), sum(t.changes), r.registry_id, t.state
FROM tags t JOIN repositories r ON r.id = t.repository_id GROUP BY r.registry_id, t.state;

-- By which version of its definition the summaries of tags were computed; those up to last_tag_id by the next one.
CREATE TABLE summary_definitions (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version integer NOT NULL,
    next_version integer NOT NULL,
    last_tag_id integer NOT NULL
);
INSERT INTO summary_definitions (version, next_version, last_tag_id) VALUES (0, 0, 0);

-- What no trigram tells of: an index on where it stands at all.
CREATE INDEX tags_unusual ON tags (id) WHERE lower(reference) ~ '_|[.-]{2}';
