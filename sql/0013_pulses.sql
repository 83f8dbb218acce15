-- What a list shows of a tag's history (see Pulse), so that it reads none. Null until the summary is computed anew.
ALTER TABLE tags ADD COLUMN pulse bytea;
