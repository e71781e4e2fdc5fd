-- The full-text index, made anew when an older version is opened.

-- The full-text index. Its terms come ready made, each behind the id of its bucket ("12xprefer"): the entries of a term
-- are then those of one bucket, and no search reads another bucket's. `ascii` leaves such terms as they are. A long memory has
-- several rows: their ids are the memory's, shifted by 16 bits, and counted up.
CREATE VIRTUAL TABLE memory_terms USING fts5 (terms, content = '', contentless_delete = 1, tokenize = 'ascii');
-- Reads the index: a row for each occurrence of a term, in the order of the rows' ids.
CREATE VIRTUAL TABLE memory_occurrences USING fts5vocab ('memory_terms', 'instance');

CREATE TRIGGER memory_deleted AFTER DELETE ON memories BEGIN
    UPDATE buckets SET memory_count = memory_count - 1, term_count = term_count - old.term_count WHERE id = old.bucket_id;
    DELETE FROM memory_terms WHERE rowid BETWEEN old.id << 16 AND (old.id << 16) + 65535;
END;
