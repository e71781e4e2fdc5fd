//! The file that `login` writes.

use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::failure::{Failure, Kind};
use crate::secret::Secret;

/// A key, and the server that it is for.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) api_key: Secret,
    pub(crate) base_url: String,
}

#[derive(Deserialize, Serialize)]
struct Saved {
    api_key: String,
    base_url: String,
}

/// Where the file is, whether or not it exists.
pub(crate) fn path() -> Result<PathBuf, Failure> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        Failure::new(Kind::File, "there is no home folder to save a key in").hint("Set HOME, or set ENGRAM_API_KEY.")
    })?;
    Ok(strategy.config_dir().join("lumetra-engram").join("credentials.toml"))
}

pub(crate) fn read() -> Result<Option<Credentials>, Failure> {
    let path = path()?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::file("read", &path, &error)),
    };
    // The parser's own message would show the line, which holds the key.
    let saved: Option<Saved> = toml::from_str(&text).ok();
    let credentials =
        saved.and_then(|saved| Some(Credentials { api_key: Secret::new(&saved.api_key)?, base_url: saved.base_url }));
    match credentials {
        Some(credentials) => Ok(Some(credentials)),
        None => Err(Failure::new(Kind::File, format!("{} contains no readable key", path.display()))
            .hint("Run `lumetra-engram login` to write it again.")),
    }
}

/// Writes the file as a whole; nobody else can read it at any time.
pub(crate) fn write(credentials: &Credentials) -> Result<PathBuf, Failure> {
    let path = path()?;
    let saved = Saved { api_key: credentials.api_key.expose().to_owned(), base_url: credentials.base_url.clone() };
    let text = toml::to_string(&saved).map_err(|_| Failure::new(Kind::File, "the key cannot be written as TOML"))?;
    replace(&path, &text).map_err(|error| Failure::file("write", &path, &error))?;
    Ok(path)
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    private_folder(folder)?;
    // Made with mode 0600.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether there was one.
pub(crate) fn delete() -> Result<bool, Failure> {
    let path = path()?;
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::file("delete", &path, &error)),
    }
}

/// Whether others can read it.
pub(crate) fn is_open_to_others(path: &Path) -> bool {
    #[cfg(unix)]
    return fs::metadata(path)
        .is_ok_and(|metadata| std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0);
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}
