-- The newest change of each repository's tags, as lists sort by it, or a later one: what is untracked or turns out to be no
-- change does not lower it. A search by the last change reads no tag of repositories that cannot stand on its page, where a
-- part of a name is that of hundreds.
ALTER TABLE repositories ADD COLUMN newest integer NOT NULL DEFAULT -2147483648;
UPDATE repositories r SET newest = n.newest
FROM (SELECT repository_id, max(list_seconds(last_changed_at)) AS newest FROM tags GROUP BY repository_id) n
WHERE n.repository_id = r.id AND n.newest > r.newest;

-- Repositories are locked here in the order of their key, after their tags and until the end of the transaction.
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
