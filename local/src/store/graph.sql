-- What the memories say, as facts that a language model has taken from them.

-- How far that has come. A bucket of which nothing has been done has no row.
CREATE TABLE extraction (
    bucket_id INTEGER PRIMARY KEY,
    -- The bucket's memories up to this id are done.
    done_to   INTEGER NOT NULL
) STRICT;

-- Of the memories that are done, those that the model could do nothing with.
CREATE TABLE unextracted (
    memory_id INTEGER PRIMARY KEY
) STRICT;

-- The names in facts, each as it was written. AUTOINCREMENT: an id is never used twice, so that none is taken for an entity that is gone.
CREATE TABLE names (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket_id  INTEGER NOT NULL,
    -- The same for all names of one entity: the id of one of them, which may be gone.
    entity     INTEGER NOT NULL,
    -- The name as a search compares it.
    normal     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    -- That of the embeddings model (see `embedding`) that was asked for a vector last; 0 where none was.
    generation INTEGER NOT NULL DEFAULT 0,
    -- Null where that model takes no such name.
    vector     BLOB,
    UNIQUE (bucket_id, normal, name)
) STRICT;

CREATE INDEX names_by_entity ON names (entity);
CREATE INDEX names_by_generation ON names (generation);

CREATE TABLE facts (
    id         INTEGER PRIMARY KEY,
    memory_id  INTEGER NOT NULL,
    subject_id INTEGER NOT NULL,
    object_id  INTEGER NOT NULL,
    predicate  TEXT    NOT NULL
) STRICT;

CREATE INDEX facts_by_memory ON facts (memory_id);
CREATE INDEX facts_by_subject ON facts (subject_id);
CREATE INDEX facts_by_object ON facts (object_id);

CREATE TRIGGER memory_unlearned AFTER DELETE ON memories BEGIN
    DELETE FROM facts WHERE memory_id = old.id;
    DELETE FROM unextracted WHERE memory_id = old.id;
END;

CREATE TRIGGER fact_deleted AFTER DELETE ON facts BEGIN
    DELETE FROM names WHERE id IN (old.subject_id, old.object_id)
        AND NOT EXISTS (SELECT 1 FROM facts WHERE subject_id = names.id)
        AND NOT EXISTS (SELECT 1 FROM facts WHERE object_id = names.id);
END;

CREATE TRIGGER bucket_unlearned AFTER DELETE ON buckets BEGIN
    DELETE FROM extraction WHERE bucket_id = old.id;
END;
