//! The tables that not every database has: those of vectors, and those of what a language model writes, facts and profiles. Without the option
//! that needs them a database has none, so that it is no larger. Once a server with the option has opened it they stay, whoever opens it next.

use rusqlite::Connection;

use super::{graph, profiles, vectors};

/// What a server does that needs tables of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    pub(crate) vectors: bool,
    /// Facts and profiles, and the vectors of the names in facts.
    pub(crate) model: bool,
}

pub(super) fn has_vectors(connection: &Connection) -> rusqlite::Result<bool> {
    has(connection, "vectors")
}

pub(super) fn has_written(connection: &Connection) -> rusqlite::Result<bool> {
    has(connection, "profiles")
}

fn has(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)")?;
    statement.query_row([table], |row| row.get(0))
}

/// To be called in a transaction.
pub(super) fn make(connection: &Connection, needs: Needs) -> rusqlite::Result<()> {
    if (needs.vectors || needs.model) && !has_vectors(connection)? {
        connection.execute_batch(vectors::SCHEMA)?;
    }
    if needs.model && !has_written(connection)? {
        connection.execute_batch(graph::SCHEMA)?;
        connection.execute_batch(profiles::SCHEMA)?;
    }
    Ok(())
}
