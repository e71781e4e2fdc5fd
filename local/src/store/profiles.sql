-- What the memories of a bucket say in all, as a language model wrote it.

-- A bucket has a row once it was asked for a profile.
CREATE TABLE profiles (
    bucket_id    INTEGER PRIMARY KEY,
    -- How often a profile was asked for, and how many of these wishes are met.
    asked        INTEGER NOT NULL DEFAULT 0,
    met          INTEGER NOT NULL DEFAULT 0,
    -- The profile, when it was made, how many memories there were, and up to which id it tells of them. NULL where there is none.
    text         TEXT,
    made_at      TEXT,
    memory_count INTEGER,
    made_to      INTEGER,
    -- The one that is being made: its text so far, up to which id that tells of memories, up to which it is to tell of them, and the
    -- wishes that it meets. NULL where none is.
    draft        TEXT,
    draft_to     INTEGER,
    last         INTEGER,
    meets        INTEGER,
    -- Counts the memories that were deleted, from any number: what was written meanwhile may tell of them, and is not kept.
    deletions    INTEGER NOT NULL DEFAULT 0,
    -- When its turn was, counted for all buckets.
    turn         INTEGER NOT NULL DEFAULT 0
) STRICT;

-- No text that may tell of a deleted memory outlives it.
CREATE TRIGGER memory_untold AFTER DELETE ON memories BEGIN
    UPDATE profiles SET
        deletions    = deletions + 1,
        text         = iif(made_to >= old.id, NULL, text),
        made_at      = iif(made_to >= old.id, NULL, made_at),
        memory_count = iif(made_to >= old.id, NULL, memory_count),
        made_to      = iif(made_to >= old.id, NULL, made_to),
        draft        = iif(draft_to >= old.id, NULL, draft),
        last         = iif(draft_to >= old.id, NULL, last),
        meets        = iif(draft_to >= old.id, NULL, meets),
        draft_to     = iif(draft_to >= old.id, NULL, draft_to)
    WHERE bucket_id = old.bucket_id;
END;
