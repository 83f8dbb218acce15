-- The newest change of each repository's tags, as lists sort by it, or a later one: what is untracked or turns out to be no
-- change does not lower it. Where hundreds of repositories hold a text, a search by the last change reads no tag of those
-- that cannot stand on its page.
--
-- Repositories were never rewritten before. There is room for the new row beside the old one, so that no index is touched,
-- and names are still read from their index alone.
ALTER TABLE repositories SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE repositories ADD COLUMN newest integer NOT NULL DEFAULT -2147483648;
UPDATE repositories r SET newest = n.newest
FROM (SELECT repository_id, max(list_seconds(last_changed_at)) AS newest FROM tags GROUP BY repository_id) n
WHERE n.repository_id = r.id AND n.newest > r.newest;

-- Each statement locks repositories in the order of their key, after what else of their tags it locks. An import raises
-- this before its transactions begin, or they would wait for each other.
CREATE FUNCTION note_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH news AS MATERIALIZED (
            SELECT repository_id, max(list_seconds(last_changed_at)) AS newest FROM new_tags
            WHERE last_changed_at IS NOT NULL GROUP BY repository_id),
        behind AS MATERIALIZED (
            SELECT r.id, n.newest FROM repositories r JOIN news n ON n.repository_id = r.id AND n.newest > r.newest
            ORDER BY r.id FOR NO KEY UPDATE OF r)
    UPDATE repositories r SET newest = b.newest FROM behind b WHERE r.id = b.id AND r.newest < b.newest;
    RETURN NULL;
END $$;
CREATE TRIGGER tags_newest_new AFTER INSERT ON tags
    REFERENCING NEW TABLE AS new_tags FOR EACH STATEMENT EXECUTE FUNCTION note_newest();
CREATE TRIGGER tags_newest AFTER UPDATE ON tags
    REFERENCING NEW TABLE AS new_tags FOR EACH STATEMENT EXECUTE FUNCTION note_newest();
