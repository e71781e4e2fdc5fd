//! Opening a database, and saying clearly why it cannot be opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::files::{self, Files};
use super::{Needs, erase, index, optional, upgrade};
use crate::LocalServerError;

const SCHEMA: &str = include_str!("schema.sql");
const SCHEMA_VERSION: i64 = 4;
/// "EnLo": marks the file as a database of this server.
const APPLICATION_ID: i64 = 0x456E_4C6F;
/// How long to wait for another process that uses the same file.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The writer's connection; makes or checks the database, and makes the tables that are needed.
pub(super) fn writer(path: Option<&Path>, needs: Needs) -> Result<Connection, LocalServerError> {
    let name = path.map_or_else(|| PathBuf::from(":memory:"), Path::to_owned);
    let fail = |error| explain(&name, error);
    let mut connection = match path {
        Some(path) => {
            check_place(path)?;
            // Where it can't be made SQLite says why.
            let _ = files::create(path);
            Connection::open_with_flags(path, flags() | OpenFlags::SQLITE_OPEN_CREATE).map_err(fail)?
        }
        None => Connection::open_in_memory().map_err(fail)?,
    };
    connection.busy_timeout(BUSY_TIMEOUT).map_err(fail)?;
    refuse_read_only(&connection, &name)?;
    prepare(&mut connection, &name, needs)?;
    check_content(&connection, &name)?;
    if let Some(path) = path {
        files::make_private(path).map_err(|error| unusable(path, error))?;
    }
    configure(&connection).map_err(fail)?;
    // What a server left that was killed.
    if let Err(error) = erase::erase(&connection) {
        tracing::warn!(%error, "deleted text may still be in the database");
    }
    Ok(connection)
}

/// A further connection, to read only, to a database that [`writer`] has opened.
pub(super) fn reader(path: &Path) -> Result<Connection, LocalServerError> {
    let open = || {
        let connection = Connection::open_with_flags(path, flags())?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        configure(&connection)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    };
    open().map_err(|error| explain(path, error))
}

/// A connection to a database that there is, of this version, whether a server uses it or not. It is as it was.
#[cfg(feature = "cli")]
pub(super) fn existing(path: &Path) -> Result<Connection, LocalServerError> {
    check_place(path)?;
    if path.try_exists().is_ok_and(|exists| !exists) {
        return Err(problem(path, "it does not exist; name the file of a database", None));
    }
    let open = || {
        let connection = Connection::open_with_flags(path, flags())?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok((format(&connection)?, connection))
    };
    match open().map_err(|error| explain(path, error))? {
        (Format::Ours(SCHEMA_VERSION), connection) => Ok(connection),
        (Format::Ours(older @ 1..SCHEMA_VERSION), _) => {
            let reason = format!("its format has version {older}; start the server with it once to update it");
            Err(problem(path, &reason, None))
        }
        (Format::Ours(newer), _) => Err(of_newer_version(path, newer)),
        (Format::OfAnotherProgram, _) => Err(of_another_program(path)),
        (Format::Nothing, _) => Err(problem(path, "it is empty; name the file of a database", None)),
    }
}

/// As [`existing`], to change it.
#[cfg(feature = "cli")]
pub(super) fn existing_to_write(path: &Path) -> Result<Connection, LocalServerError> {
    let connection = existing(path)?;
    let fail = |error| explain(path, error);
    refuse_read_only(&connection, path)?;
    files::make_private(path).map_err(|error| unusable(path, error))?;
    configure(&connection).map_err(fail)?;
    Ok(connection)
}

fn refuse_read_only(connection: &Connection, name: &Path) -> Result<(), LocalServerError> {
    if connection.is_readonly("main").map_err(|error| explain(name, error))? {
        let reason = "it can be read but not written; change its permissions or choose another file";
        return Err(problem(name, reason, None));
    }
    Ok(())
}

/// A path is a path: no `file:` address. A connection is used by one thread at a time, so SQLite needs no lock of its own.
pub(super) fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    -- A commit is on the disk when it returns, in WAL mode too; fullfsync is what macOS needs for that.
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA foreign_keys = ON;
    -- What is deleted is overwritten, and what is temporary stays in memory.
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    -- In KiB. A large batch then fits in memory until it is committed.
    PRAGMA cache_size = -65536;
";

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(SETTINGS)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

pub(super) fn check_place(path: &Path) -> Result<(), LocalServerError> {
    // To SQLite these two are no files but databases of one connection alone.
    if path.as_os_str().is_empty() || path == Path::new(":memory:") {
        return Err(problem(
            path,
            "it is not the name of a file; to keep the memories in memory only, set no database",
            None,
        ));
    }
    if path.is_dir() {
        return Err(problem(path, "it is a directory; name a file in it", None));
    }
    if path.exists() && !path.is_file() {
        return Err(problem(path, "it is a device, a pipe or a socket; name a file", None));
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() && !parent.is_dir() => {
            Err(problem(path, "its directory does not exist; create the directory first", None))
        }
        _ => Ok(()),
    }
}

/// What a file holds, as far as its head says.
enum Format {
    Nothing,
    /// A database of this server, of this version.
    Ours(i64),
    OfAnotherProgram,
}

fn format(connection: &Connection) -> rusqlite::Result<Format> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    Ok(match (tables, application, version) {
        (0, 0, 0) => Format::Nothing,
        (_, APPLICATION_ID, version) => Format::Ours(version),
        _ => Format::OfAnotherProgram,
    })
}

/// Makes the tables in a new database; refuses any database that is not of this server and version.
fn prepare(connection: &mut Connection, name: &Path, needs: Needs) -> Result<(), LocalServerError> {
    let fail = |error| explain(name, error);
    // Immediate, so that two processes that start at once do not both make the tables.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    match format(&transaction).map_err(fail)? {
        Format::Nothing => {
            transaction.execute_batch(SCHEMA).map_err(fail)?;
            transaction.execute_batch(index::SCHEMA).map_err(fail)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(fail)?;
        }
        Format::Ours(SCHEMA_VERSION) => {}
        Format::Ours(older @ 1..SCHEMA_VERSION) => {
            upgrade::from(&transaction, older).map_err(fail)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(fail)?;
        }
        Format::Ours(newer) => return Err(of_newer_version(name, newer)),
        Format::OfAnotherProgram => return Err(of_another_program(name)),
    }
    transaction.execute_batch(erase::TABLE).map_err(fail)?;
    optional::make(&transaction, needs).map_err(fail)?;
    transaction.commit().map_err(fail)
}

fn of_newer_version(name: &Path, version: i64) -> LocalServerError {
    let reason = format!(
        "its format has version {version}, and this server knows version {SCHEMA_VERSION}; use a newer engram-local or another file"
    );
    problem(name, &reason, None)
}

fn of_another_program(name: &Path) -> LocalServerError {
    problem(name, "it is an SQLite database of another program; choose another file", None)
}

/// Counts the memories that the full-text index does not have as it should, and what it has of no memory. The index lists its rows in
/// `memory_terms_docsize`; how many a memory has, index.rs says.
const MISINDEXED: &str = "
    SELECT (SELECT count(*) FROM memories
            WHERE max(1, (term_count + 65535) / 65536)
               <> (SELECT count(*) FROM memory_terms_docsize WHERE id BETWEEN memories.id << 16 AND (memories.id << 16) + 65535))
         + (SELECT count(*) FROM memory_terms_docsize WHERE id >> 16 NOT IN (SELECT id FROM memories))";

/// Counts the buckets that do not say of themselves what they hold.
const MISCOUNTED: &str = "
    SELECT count(*) FROM buckets
    LEFT JOIN (SELECT bucket_id, count(*) AS memories, sum(term_count) AS terms FROM memories GROUP BY bucket_id) AS counted
    ON counted.bucket_id = buckets.id
    WHERE buckets.memory_count <> coalesce(memories, 0) OR buckets.term_count <> coalesce(terms, 0)";

pub(super) fn misindexed(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(MISINDEXED, [], |row| row.get(0))
}

pub(super) fn miscounted(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(MISCOUNTED, [], |row| row.get(0))
}

/// Refuses a database that is damaged anywhere. It reads the whole file.
pub(super) fn check_content(connection: &Connection, name: &Path) -> Result<(), LocalServerError> {
    let fail = |error| explain(name, error);
    // It checks the structure of the full-text index as well.
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(fail)?;
    if found != "ok" {
        tracing::error!(found, "the database is damaged");
        return Err(damaged(name));
    }
    match misindexed(connection).map_err(fail)? + miscounted(connection).map_err(fail)? {
        0 => Ok(()),
        count => {
            tracing::error!(count, "memories, full-text index and buckets do not agree");
            Err(damaged(name))
        }
    }
}

const DAMAGED: &str = "it is damaged; restore it from a backup, or move it away to start over";

fn damaged(name: &Path) -> LocalServerError {
    problem(name, &format!("{DAMAGED}; the command `check` says what is wrong, and whether `reindex` repairs it"), None)
}

pub(super) fn explain(path: &Path, error: rusqlite::Error) -> LocalServerError {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is not an SQLite database; choose another file, or move this one away",
        Some(ErrorCode::DatabaseCorrupt) => DAMAGED,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "it cannot be written; change the permissions of the file and its directory, or choose another file"
        }
        Some(ErrorCode::CannotOpen) => {
            "it cannot be opened; check that the directory exists, and that you may read and write it and the file"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another program has locked it; stop that program",
        Some(ErrorCode::DiskFull) => "the disk is full; free some space or choose another file",
        _ => "SQLite cannot use it",
    };
    problem(path, reason, Some(error))
}

/// The files of a database that [`writer`] has opened.
pub(super) fn files(path: &Path) -> Result<Files, LocalServerError> {
    Files::watch(path).map_err(|error| unusable(path, error))
}

fn unusable(path: &Path, error: std::io::Error) -> LocalServerError {
    LocalServerError::Database {
        path: path.to_owned(),
        reason: "its files cannot be examined".to_owned(),
        source: Some(error.into()),
    }
}

pub(super) fn problem(path: &Path, reason: &str, source: Option<rusqlite::Error>) -> LocalServerError {
    let source = source.map(|error| Box::new(error) as Box<dyn std::error::Error + Send + Sync>);
    LocalServerError::Database { path: path.to_owned(), reason: reason.to_owned(), source }
}
