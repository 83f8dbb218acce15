-- The lock and the update of 0020's trigger, for an import to call before its transactions too: one text of their order.
CREATE FUNCTION raise_newest(ids integer[], newest integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH behind AS MATERIALIZED (
        SELECT r.id, n.newest FROM unnest($1, $2) n (id, newest) JOIN repositories r ON r.id = n.id AND r.newest < n.newest
        ORDER BY r.id FOR NO KEY UPDATE OF r)
    UPDATE repositories r SET newest = b.newest FROM behind b WHERE r.id = b.id AND r.newest < b.newest;
END $$;
CREATE OR REPLACE FUNCTION note_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM raise_newest(array_agg(n.repository_id), array_agg(n.newest)) FROM (
        SELECT repository_id, max(list_seconds(last_changed_at)) AS newest FROM new_tags
        WHERE last_changed_at IS NOT NULL GROUP BY repository_id) n;
    RETURN NULL;
END $$;
