-- Texts are looked for in the names of repositories and in tags apart: there are fifty times fewer repositories, and a
-- frequent word in them is found at once. The index on tags is a third as large.
DROP INDEX tags_search;
DROP INDEX tags_unusual;
CREATE INDEX repositories_search ON repositories USING gin (path gin_trgm_ops);
-- Trigrams are of letters and digits: so what else stands in tags, in every version's, is made letters. Who finds a tag
-- here compares it with what was meant.
CREATE INDEX tags_search ON tags
    USING gin (translate(lower(split_part(reference, ':', -1)), '._-', 'xzj') gin_trgm_ops);
-- One character is no trigram, and this one is rare.
CREATE INDEX tags_underscored ON tags (id) WHERE lower(split_part(reference, ':', -1)) LIKE '%\_%';

-- The few tags that are missing or fail are listed by name as quickly as all.
DROP INDEX tags_state;
CREATE INDEX tags_state ON tags (state, reference) WHERE state <> 2;
