//! Deleted text leaves the files, at the latest when the server stops.
//!
//! `PRAGMA secure_delete` overwrites what is freed. That is not all: SQLite leaves copies behind where it moves rows between pages, and
//! the full-text index only marks what was deleted.

use rusqlite::Connection;

/// Has a row while there is something to erase, so that the next server does it where this one is killed: [`NEW`], or [`BEGUN`] where
/// somebody is at it.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS erasure (pending INTEGER PRIMARY KEY) STRICT";
const NEW: i64 = 1;
const BEGUN: i64 = 2;

/// Notes that there is something to erase.
pub(super) fn note(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT OR IGNORE INTO erasure VALUES (?1)")?.execute([NEW])?;
    Ok(())
}

/// Erases what was deleted. Writes the whole database anew where there is anything, else takes no time.
pub(super) fn erase(connection: &Connection) -> rusqlite::Result<()> {
    if connection.query_row("SELECT EXISTS (SELECT 1 FROM erasure)", [], |row| row.get(0))? {
        tracing::info!("erasing what was deleted");
        write_anew(connection)?;
    }
    Ok(())
}

/// Writes the whole database anew, without anything that was deleted.
pub(super) fn write_anew(connection: &Connection) -> rusqlite::Result<()> {
    begin(connection)?;
    connection.execute("INSERT INTO memory_terms (memory_terms) VALUES ('optimize')", [])?;
    // The copy that VACUUM makes first, of what is not deleted, may not fit in memory.
    connection.execute_batch("PRAGMA temp_store = FILE")?;
    let vacuumed = connection.execute_batch("VACUUM");
    connection.execute_batch("PRAGMA temp_store = MEMORY")?;
    vacuumed?;
    end(connection)
}

/// What another program deletes from here on is noted beside it, and stays noted.
fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE OR REPLACE erasure SET pending = ?1", [BEGUN])?;
    Ok(())
}

fn end(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM erasure WHERE pending = ?1", [BEGUN])?;
    Ok(())
}

/// Moves everything to the database and empties the -wal file, which holds what was written since the last time.
pub(super) fn empty_wal(connection: &Connection) -> rusqlite::Result<()> {
    if !try_to_empty_wal(connection)? {
        tracing::warn!(
            "another program is using the database: deleted text may be in its -wal file until that program stops"
        );
    }
    Ok(())
}

/// False where another program keeps it from that.
pub(super) fn try_to_empty_wal(connection: &Connection) -> rusqlite::Result<bool> {
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(!is_busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deleted_while_somebody_erases_stays_noted() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLE).unwrap();
        let noted = || connection.query_row("SELECT count(*) FROM erasure", [], |row| row.get::<_, i64>(0)).unwrap();
        note(&connection).unwrap();
        begin(&connection).unwrap();
        note(&connection).unwrap();
        end(&connection).unwrap();
        assert_eq!(noted(), 1);
        begin(&connection).unwrap();
        end(&connection).unwrap();
        assert_eq!(noted(), 0);
    }
}
