//! Making a database as small as it can be.

use std::path::Path;

use super::{Stop, failed};
use crate::LocalServerError;
use crate::store::{erase, files, open};

#[derive(Debug)]
pub(crate) struct Compacted {
    /// The size of all files, in bytes.
    pub(crate) before: u64,
    pub(crate) after: u64,
    /// False where another program kept the -wal file from being emptied.
    pub(crate) wal_is_empty: bool,
}

/// Writes the database anew, without anything that was deleted.
pub(crate) fn compact(database: &Path, stop: &Stop) -> Result<Compacted, LocalServerError> {
    let connection = super::write(database, stop)?;
    let before = size(database)?;
    let compact = || {
        erase::write_anew(&connection)?;
        erase::try_to_empty_wal(&connection)
    };
    let wal_is_empty = compact().map_err(|error| open::explain(database, error))?;
    Ok(Compacted { before, after: size(database)?, wal_is_empty })
}

/// Without the -shm file, which SQLite only keeps while the database is open.
fn size(database: &Path) -> Result<u64, LocalServerError> {
    let [length, wal, _] =
        files::lengths(database).map_err(|error| failed(database, "its files cannot be examined", error))?;
    Ok(length + wal)
}
