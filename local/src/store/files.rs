//! The files of a database: private to their owner, and watched while they are used.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::StoreError;

/// What SQLite appends to the name of a database for the files beside it.
const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

/// So long may the -wal file become, in bytes, before a write waits for the reads of that moment, and it is emptied.
const LONGEST_WAL: u64 = 64 * 1024 * 1024;

/// The files of an open database. SQLite keeps writing to files that were removed, and what is written there is lost.
#[derive(Debug)]
pub(crate) struct Files {
    /// Which file each path led to when the database was opened.
    opened: Vec<(PathBuf, Identity)>,
    /// How long the database has been, in bytes.
    length: AtomicU64,
}

impl Files {
    /// Watches the files of a database that has just been opened, in WAL mode.
    pub(super) fn watch(path: &Path) -> io::Result<Self> {
        let opened: Vec<_> = paths(&path.canonicalize()?)
            .map(|path| fs::metadata(&path).map(|metadata| (path, identity(&metadata))))
            .collect::<Result<_, _>>()?;
        Ok(Self { opened, length: AtomicU64::new(0) })
    }

    /// Fails where a file was removed, replaced or moved.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.lengths().map(drop)
    }

    /// As [`check`](Self::check), and fails where the database was cut off too.
    pub(super) fn check_with(&self, connection: &Connection) -> Result<(), StoreError> {
        let Some(&length) = self.lengths()?.first() else { return Ok(()) };
        if length >= self.length.load(Ordering::Relaxed) {
            self.length.store(length, Ordering::Relaxed);
            return Ok(());
        }
        // VACUUM by another program makes it shorter too, and the number of pages less.
        let bytes = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let expected = bytes("page_count")? * bytes("page_size")?;
        if i64::try_from(length).is_ok_and(|length| length < expected) {
            return Err(gone(&self.opened[0].0, "it was cut off"));
        }
        self.length.store(length, Ordering::Relaxed);
        Ok(())
    }

    /// Whether reads, of which one has always begun before the last has ended, have kept SQLite from beginning the -wal file anew.
    pub(super) fn have_long_wal(&self) -> bool {
        self.lengths().is_ok_and(|lengths| lengths.get(1).is_some_and(|length| *length > LONGEST_WAL))
    }

    fn lengths(&self) -> Result<Vec<u64>, StoreError> {
        let length = |(path, opened): &(PathBuf, Identity)| match fs::metadata(path) {
            Ok(metadata) if identity(&metadata) == *opened => Ok(metadata.len()),
            Ok(_) => Err(gone(path, "it was replaced")),
            Err(error) => Err(gone(path, &error.to_string())),
        };
        self.opened.iter().map(length).collect()
    }
}

fn gone(path: &Path, reason: &str) -> StoreError {
    tracing::error!(path = %path.display(), reason, "a file of the database is gone");
    StoreError::FileGone
}

fn paths(database: &Path) -> impl Iterator<Item = PathBuf> {
    ENDINGS.iter().map(|ending| with_ending(database, ending))
}

pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Whether the path leads to a file of the database, or to one that SQLite would take for it.
#[cfg(feature = "cli")]
pub(super) fn belongs_to(path: &Path, database: &Path) -> io::Result<bool> {
    let path = resolved(path)?;
    let database = database.canonicalize()?;
    let journal = with_ending(&database, "-journal");
    Ok(paths(&database).chain([journal]).any(|file| file == path))
}

/// There may be no file yet.
#[cfg(feature = "cli")]
fn resolved(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(folder(path).canonicalize()?.join(path.file_name().unwrap_or_default()))
        }
        resolved => resolved,
    }
}

/// Where the file is.
#[cfg(feature = "cli")]
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// How long each file of a database is, in bytes; 0 where there is none.
#[cfg(feature = "cli")]
pub(super) fn lengths(database: &Path) -> io::Result<[u64; ENDINGS.len()]> {
    let database = database.canonicalize()?;
    let mut lengths = [0; ENDINGS.len()];
    for (length, path) in lengths.iter_mut().zip(paths(&database)) {
        *length = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(lengths)
}

/// Makes the file, which nobody but its owner may read, unless there is one. SQLite gives the files beside it the same mode.
pub(super) fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, OWNER_ALONE);
    match options.open(path) {
        Ok(file) => give_to_owner_alone(&file),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
const OWNER_ALONE: u32 = 0o600;

/// Whatever the umask took away.
#[cfg(unix)]
pub(super) fn give_to_owner_alone(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(OWNER_ALONE))
}

#[cfg(not(unix))]
pub(super) fn give_to_owner_alone(_: &File) -> io::Result<()> {
    Ok(())
}

/// Takes the rights of all but the owner from files that exist.
#[cfg(unix)]
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for path in paths(&path.canonicalize()?) {
        let mode = match fs::metadata(&path) {
            Ok(metadata) => metadata.permissions().mode() & 0o777,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if mode & !OWNER_ALONE == 0 {
            continue;
        }
        match fs::set_permissions(&path, PermissionsExt::from_mode(mode & OWNER_ALONE)) {
            Ok(()) => {
                tracing::warn!(path = %path.display(), "other users could access this file; now only its owner can")
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "other users can access this file: run chmod go= on it")
            }
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Which file it is, whatever its name. A file that is open keeps its number to itself.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Elsewhere a file that is open can't be removed.
#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}
