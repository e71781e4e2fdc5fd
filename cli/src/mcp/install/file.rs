//! A configuration file is changed as a whole or not at all, and what it was before is kept beside it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(super) enum Written {
    /// The file was as it should be.
    Nothing,
    New,
    Changed {
        backup: PathBuf,
    },
}

pub(super) fn edit(path: &Path, edit: impl FnOnce(&str) -> io::Result<String>) -> io::Result<Written> {
    // The file itself, where the path is a link to it.
    let file = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let before = match fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(at(path, error)),
    };
    let text = before.as_deref().unwrap_or_default();
    let after = edit(text).map_err(|error| at(path, error))?;
    if after == text {
        return Ok(Written::Nothing);
    }
    if before.is_none() {
        fs::create_dir_all(file.parent().unwrap_or(Path::new("/"))).map_err(|error| at(path, error))?;
        replace(&file, &after, false).map_err(|error| at(path, error))?;
        return Ok(Written::New);
    }
    let backup = back_up(&file).map_err(|error| at(path, error))?;
    replace(&file, &after, true).map_err(|error| at(path, error))?;
    Ok(Written::Changed { backup })
}

/// An earlier copy is never written over.
fn back_up(file: &Path) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let suffix = if number == 1 { ".bak".to_owned() } else { format!(".bak{number}") };
        let backup = beside(file, &suffix);
        match OpenOptions::new().write(true).create_new(true).open(&backup) {
            // With the permissions of the file, which may hold secrets.
            Ok(_) => return fs::copy(file, &backup).map(|_| backup),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Whoever reads the file meanwhile reads the old text or the new one.
fn replace(file: &Path, text: &str, exists: bool) -> io::Result<()> {
    let new = beside(file, &format!(".new-{}", std::process::id()));
    let mut output = OpenOptions::new().write(true).create_new(true).open(&new)?;
    let written = write(&mut output, text, exists.then_some(file)).and_then(|()| fs::rename(&new, file));
    if written.is_err() {
        // The error that matters is the one above.
        let _ = fs::remove_file(&new);
    }
    written
}

fn write(output: &mut File, text: &str, like: Option<&Path>) -> io::Result<()> {
    if let Some(like) = like {
        output.set_permissions(fs::metadata(like)?.permissions())?;
    }
    output.write_all(text.as_bytes())?;
    output.sync_all()
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = file.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    file.with_file_name(name)
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
