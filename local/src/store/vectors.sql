-- What the memories mean, as vectors of an embeddings model.

-- Has a row once a model has been used: the last one.
CREATE TABLE embedding (
    -- Another one for each model that is used, so that nobody takes the vectors of one for those of another.
    generation INTEGER PRIMARY KEY AUTOINCREMENT,
    model      TEXT    NOT NULL,
    dimension  INTEGER NOT NULL,
    -- The memories up to this id have been embedded. Those after it may have been.
    done_to    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A long memory has several vectors. AUTOINCREMENT: an id is never used twice, so that what is held in memory of a vector stays true.
CREATE TABLE vectors (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket_id INTEGER NOT NULL,
    memory_id INTEGER NOT NULL,
    -- Numbers of 32 bits, little end first, of length 1.
    vector    BLOB    NOT NULL
) STRICT;

CREATE INDEX vectors_by_bucket ON vectors (bucket_id, id);
CREATE INDEX vectors_by_memory ON vectors (memory_id);

CREATE TRIGGER memory_forgotten AFTER DELETE ON memories BEGIN
    DELETE FROM vectors WHERE memory_id = old.id;
END;
