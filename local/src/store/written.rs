//! The tables of what a language model writes: facts and profiles. Without a model a database has none of them, so that it is no larger. Once
//! a server with one has opened it they stay, whoever opens it next.

use rusqlite::Connection;

use super::{graph, profiles};

pub(super) fn exist(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'profiles')")?
        .query_row([], |row| row.get(0))
}

/// To be called in a transaction.
pub(super) fn make(connection: &Connection) -> rusqlite::Result<()> {
    if !exist(connection)? {
        connection.execute_batch(graph::SCHEMA)?;
        connection.execute_batch(profiles::SCHEMA)?;
    }
    Ok(())
}
