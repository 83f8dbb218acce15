-- A text is looked for among the names that tags have, of which there are far fewer than tags: some hundred tags are
-- called 3.12-slim. By a name, tags are found in the order of their last change.
CREATE TABLE tag_names (name text COLLATE "C" PRIMARY KEY);

-- Whoever inserts tags inserts their names first, after repositories and before he locks a tag; this is for whoever does
-- not, and is there before what is there already is read. Names are never forgotten: most come again.
CREATE FUNCTION name_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tag_names SELECT DISTINCT lower(split_part(reference, ':', -1)) AS name FROM new_tags ORDER BY name
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER tags_named_new AFTER INSERT ON tags
    REFERENCING NEW TABLE AS new_tags FOR EACH STATEMENT EXECUTE FUNCTION name_tags();

INSERT INTO tag_names SELECT DISTINCT lower(split_part(reference, ':', -1)) FROM tags ON CONFLICT DO NOTHING;
-- Trigrams are of letters and digits: so what else stands in tags, in every version's, is made letters. Who finds a name
-- here compares it with what was meant.
CREATE INDEX tag_names_search ON tag_names USING gin (translate(name, '._-', 'xzj') gin_trgm_ops)
    WITH (gin_pending_list_limit = 64);
CREATE INDEX tags_named ON tags
    (lower(split_part(reference, ':', -1)), (COALESCE(last_changed_at, timestamptz 'epoch')), id);
DROP INDEX tags_search;
DROP INDEX tags_underscored;
ANALYZE tag_names;
ANALYZE tags;
