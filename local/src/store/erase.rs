//! Deleted text leaves the files, at the latest when the server stops.
//!
//! `PRAGMA secure_delete` overwrites what is freed. That is not all: SQLite leaves copies behind where it moves rows between pages, and
//! the full-text index only marks what was deleted.

use rusqlite::Connection;

/// Has a row while there is something to erase, so that the next server does it where this one is killed.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS erasure (pending INTEGER PRIMARY KEY) STRICT";

/// Notes that there is something to erase.
pub(super) fn note(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT OR IGNORE INTO erasure VALUES (1)")?.execute([])?;
    Ok(())
}

/// Erases what was deleted. Writes the whole database anew where there is anything, else takes no time.
pub(super) fn erase(connection: &Connection) -> rusqlite::Result<()> {
    if connection.query_row("SELECT EXISTS (SELECT 1 FROM erasure)", [], |row| row.get(0))? {
        tracing::info!("erasing what was deleted");
        connection.execute("INSERT INTO memory_terms (memory_terms) VALUES ('optimize')", [])?;
        // The copy that VACUUM makes first, of what is not deleted, may not fit in memory.
        connection.execute_batch("PRAGMA temp_store = FILE")?;
        let vacuumed = connection.execute_batch("VACUUM");
        connection.execute_batch("PRAGMA temp_store = MEMORY")?;
        vacuumed?;
        connection.execute("DELETE FROM erasure", [])?;
    }
    Ok(())
}

/// Moves everything to the database and empties the -wal file, which holds what was written since the last time.
pub(super) fn empty_wal(connection: &Connection) -> rusqlite::Result<()> {
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy {
        tracing::warn!(
            "another program uses the database: deleted text may be in its -wal file until that program stops"
        );
    }
    Ok(())
}
