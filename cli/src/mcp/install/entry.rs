//! What a client runs.

use std::io;

/// By which clients show it, and by which it is found again.
pub(super) const NAME: &str = "lumetra-engram";

pub(super) struct Entry {
    pub(super) command: String,
    pub(super) arguments: Vec<String>,
}

impl Entry {
    pub(super) fn of_this_program(bucket: Option<String>, read_only: bool) -> io::Result<Self> {
        let program = std::env::current_exe()?;
        let command = program.to_str().ok_or_else(|| {
            let problem = format!("the path of this program is not UTF-8: {}", program.display());
            io::Error::new(io::ErrorKind::InvalidData, problem)
        })?;
        let mut arguments = vec!["mcp".to_owned()];
        arguments.extend(bucket.into_iter().flat_map(|bucket| ["--bucket".to_owned(), bucket]));
        arguments.extend(read_only.then(|| "--read-only".to_owned()));
        Ok(Self { command: command.to_owned(), arguments })
    }
}

/// Why a configuration can't be edited. Nothing was written.
pub(super) fn refused(problem: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{problem}. Nothing was changed"))
}
