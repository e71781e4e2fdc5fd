//! Care of a database, whether a server uses it meanwhile or not.

pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod compact;
pub(crate) mod reindex;
pub(crate) mod stats;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::open;
use crate::LocalServerError;

/// How many operations of SQLite pass, about a millisecond, before it is asked whether to stop.
const OPERATIONS: i32 = 100_000;

/// Tells work on another thread to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What the connection does breaks off when it is asked, and what it had begun is undone.
    fn applies_to(&self, connection: &Connection) -> rusqlite::Result<()> {
        let stop = self.clone();
        connection.progress_handler(OPERATIONS, Some(move || stop.is_asked()))
    }
}

/// Reads one snapshot of the database.
fn read<T>(
    path: &Path,
    stop: &Stop,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, LocalServerError> {
    let connection = open::existing(path)?;
    let work = || {
        stop.applies_to(&connection)?;
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY")?;
        // It ends when it is dropped.
        let _snapshot = connection.unchecked_transaction()?;
        read(&connection)
    };
    work().map_err(|error| open::explain(path, error))
}

/// A connection to change the database.
fn write(path: &Path, stop: &Stop) -> Result<Connection, LocalServerError> {
    let connection = open::existing_to_write(path)?;
    stop.applies_to(&connection).map_err(|error| open::explain(path, error))?;
    Ok(connection)
}

/// What the operating system says of a file.
fn failed(path: &Path, reason: &str, error: std::io::Error) -> LocalServerError {
    LocalServerError::Database { path: path.to_owned(), reason: reason.to_owned(), source: Some(error.into()) }
}
