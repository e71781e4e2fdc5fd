//! Deleted text leaves the files. `PRAGMA secure_delete` overwrites what is freed; this removes what is not freed by itself.

use rusqlite::Connection;

/// The full-text index only marks deleted memories, in rows of this number or more, and holds their terms until it is merged.
const FIRST_MARK: i64 = 1 << 53;

/// Removes the terms of deleted memories from the index. Rewrites the whole index where there are any, else takes no time.
pub(super) fn erase_terms(connection: &Connection) -> rusqlite::Result<()> {
    let marked = "SELECT EXISTS (SELECT 1 FROM memory_terms_data WHERE id >= ?1)";
    if connection.query_row(marked, [FIRST_MARK], |row| row.get(0))? {
        connection.execute("INSERT INTO memory_terms (memory_terms) VALUES ('optimize')", [])?;
    }
    Ok(())
}

/// Moves everything to the database and empties the file beside it, which holds what was written since the last time.
pub(super) fn empty_wal(connection: &Connection) -> rusqlite::Result<()> {
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy {
        tracing::warn!(
            "another program uses the database: deleted text may be in its -wal file until that program stops"
        );
    }
    Ok(())
}
