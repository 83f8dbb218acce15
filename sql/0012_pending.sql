-- An index of trigrams keeps what is new in a list, and every search reads that list to its end: 1.4 MB took 2 ms, a
-- hundred times as long as the search itself, and 4 MB are usual. 64 kB is the least that may be set.
ALTER INDEX tags_search SET (gin_pending_list_limit = 64);
ALTER INDEX repositories_search SET (gin_pending_list_limit = 64);
SELECT gin_clean_pending_list('tags_search'), gin_clean_pending_list('repositories_search');
