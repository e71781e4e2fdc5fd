//! A copy of a database.
//!
//! `VACUUM INTO` makes it: one statement, so one snapshot, while a server goes on writing. It leaves behind what the database's free
//! pages hold of deleted text. SQLite's other way, `sqlite3_backup`, copies those too, and begins anew whenever another program writes.

use std::io;
use std::path::Path;

use rusqlite::{Connection, ErrorCode};
use tempfile::{Builder, NamedTempFile};

use super::{Stop, failed};
use crate::LocalServerError;
use crate::store::{erase, files, open};

#[derive(Debug)]
pub(crate) struct Copied {
    pub(crate) memories: i64,
    pub(crate) bytes: u64,
}

/// Copies the database to a file. The file is there once the copy is whole, checked and on the disk.
pub(crate) fn backup(database: &Path, target: &Path, replace: bool, stop: &Stop) -> Result<Copied, LocalServerError> {
    let source = open::existing(database)?;
    check_target(database, target, replace)?;
    let partial = make_partial(target)?;
    let make = || {
        stop.applies_to(&source)?;
        source.execute("VACUUM INTO ?1", [partial.path().to_str()])?;
        finish(partial.path(), stop)
    };
    let memories = make().map_err(|error| explain(database, target, error))?.ok_or_else(|| {
        open::problem(database, "its copy fails the checks; `check` says what is wrong and what to do", None)
    })?;
    let bytes = put(partial, target, replace)?;
    Ok(Copied { memories, bytes })
}

fn check_target(database: &Path, target: &Path, replace: bool) -> Result<(), LocalServerError> {
    open::check_place(target)?;
    let refuse = |reason: &str| Err(open::problem(target, reason, None));
    if target.to_str().is_none() {
        return refuse("its name is not Unicode; choose another one");
    }
    let is_its_own = files::belongs_to(target, database).map_err(|error| failed(target, UNWRITABLE, error))?;
    if is_its_own {
        return refuse("it is a file of the database itself; choose another one");
    }
    if !replace && target.symlink_metadata().is_ok() {
        return refuse(EXISTS);
    }
    // What they hold would be taken for changes of the new file.
    match ["-wal", "-journal"].into_iter().find(|ending| files::with_ending(target, ending).exists()) {
        Some(ending) => refuse(&format!(
            "there is a file ending in {ending} beside it: a program uses it, or was killed; choose another name"
        )),
        None => Ok(()),
    }
}

const EXISTS: &str = "it already exists; choose another name, or add --replace";

/// A file beside the target, which is removed unless it is put there. Where the program is killed it stays, under a name that says what
/// it is.
fn make_partial(target: &Path) -> Result<NamedTempFile, LocalServerError> {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".partial-");
    let make = || {
        let partial = Builder::new().prefix(&name).tempfile_in(files::folder(target))?;
        files::give_to_owner_alone(partial.as_file())?;
        Ok(partial)
    };
    make().map_err(|error| failed(target, UNWRITABLE, error))
}

const UNWRITABLE: &str = "it cannot be written; choose another place";

/// Where this is broken off nobody uses the file.
const SETTINGS: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
";

/// Erases what the full-text index has of deleted text, and counts the memories. `None` where the copy is not sound.
fn finish(partial: &Path, stop: &Stop) -> rusqlite::Result<Option<i64>> {
    let copy = Connection::open_with_flags(partial, open::flags())?;
    stop.applies_to(&copy)?;
    copy.execute_batch(SETTINGS)?;
    erase::erase(&copy)?;
    let found: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" || open::misindexed(&copy)? + open::miscounted(&copy)? != 0 {
        return Ok(None);
    }
    copy.query_row("SELECT count(*) FROM memories", [], |row| row.get(0)).map(Some)
}

/// The database is to blame where it can't be read, and else the target.
fn explain(database: &Path, target: &Path, error: rusqlite::Error) -> LocalServerError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked,
        ) => open::explain(database, error),
        _ => open::explain(target, error),
    }
}

/// Gives the file its name, and says how long it is.
fn put(partial: NamedTempFile, target: &Path, replace: bool) -> Result<u64, LocalServerError> {
    let put = || {
        partial.as_file().sync_all()?;
        let bytes = partial.as_file().metadata()?.len();
        let persisted = if replace { partial.persist(target) } else { partial.persist_noclobber(target) };
        persisted.map_err(|error| error.error)?;
        sync_folder(files::folder(target))?;
        Ok(bytes)
    };
    put().map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => open::problem(target, EXISTS, None),
        _ => failed(target, UNWRITABLE, error),
    })
}

/// So that the name is on the disk too.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
