-- A claim says what is to be asked for, and what the schedule knows of it. With all of that in the narrow row it reads none
-- of the wide ones, which took half of its time: a thousand of them lie on a thousand pages. first_seen_at is that of tags.
ALTER TABLE tag_checks ADD COLUMN first_seen_at timestamptz, ADD COLUMN tag text COLLATE "C";
UPDATE tag_checks c SET first_seen_at = t.first_seen_at, tag = split_part(t.reference, ':', -1)
FROM tags t WHERE t.id = c.tag_id;
ALTER TABLE tag_checks ALTER COLUMN tag SET NOT NULL;

-- Lanes are locked before check_requests and claims, not after check_counts as 0005 says; whoever claims what is due locks
-- no tag.
