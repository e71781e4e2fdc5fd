-- Version 4 (PRAGMA user_version). A tenant is the SHA-256 of its API key: the key itself is not stored.

CREATE TABLE buckets (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant       BLOB    NOT NULL,
    uuid         TEXT    NOT NULL UNIQUE,
    name         TEXT    NOT NULL,
    description  TEXT,
    created_at   TEXT    NOT NULL,
    -- Both are kept by triggers: counting them would read every memory of the bucket.
    memory_count INTEGER NOT NULL DEFAULT 0,
    term_count   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant, name)
) STRICT;

-- AUTOINCREMENT: an id is never used twice, so that what the index still holds of a deleted memory can name no other.
-- The content comes last: the columns before it are then read without its overflow pages.
CREATE TABLE memories (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket_id    INTEGER NOT NULL REFERENCES buckets (id),
    uuid         TEXT    NOT NULL UNIQUE,
    content_hash BLOB    NOT NULL,
    term_count   INTEGER NOT NULL,
    token_count  INTEGER NOT NULL,
    created_at   TEXT    NOT NULL,
    content      TEXT    NOT NULL
) STRICT;

CREATE INDEX memories_by_bucket ON memories (bucket_id);
CREATE INDEX memories_by_content ON memories (bucket_id, content_hash);

CREATE TRIGGER memory_stored AFTER INSERT ON memories BEGIN
    UPDATE buckets SET memory_count = memory_count + 1, term_count = term_count + new.term_count WHERE id = new.bucket_id;
END;
