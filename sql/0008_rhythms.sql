-- How often a tag is rebuilt, in a word, so that lists can be narrowed to it: 1 unchanged, 2 stopped, 3 superseded,
-- 4 irregular, 5 daily, 6 weekly, 7 fortnightly, 8 monthly, 9 every two months, 10 quarterly, 11 half-yearly, 12 yearly,
-- 13 rare; null where it was never seen. As of the last change or night; a new definition of the summaries fills it in.
ALTER TABLE tags ADD COLUMN rhythm smallint;
CREATE INDEX tags_rhythm ON tags (rhythm, (COALESCE(last_changed_at, timestamptz 'epoch')), id);
