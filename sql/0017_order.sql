-- In the order in which their tags are listed by name, with what a search by name looks at: it reads as many as fill a
-- page, where it read all of a registry's and sorted them.
CREATE INDEX repositories_in_order ON repositories (registry_id, (path || ':')) INCLUDE (path);
