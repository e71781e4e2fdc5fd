//! Why a server did not start.

use std::error::Error;
use std::io;
use std::path::PathBuf;

/// Why a [`LocalServer`](crate::LocalServer) did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalServerError {
    /// A setting cannot be used.
    #[error("{setting} {message}")]
    #[non_exhaustive]
    Setting {
        /// The method of [`LocalServerBuilder`](crate::LocalServerBuilder) that sets it.
        setting: &'static str,
        /// What is wrong with it, and what to write.
        message: String,
    },
    /// Nothing can listen at the address: it is not one of this machine, or something else listens there.
    #[error("cannot listen at {address}")]
    #[non_exhaustive]
    Listen {
        /// The address as it was given.
        address: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("cannot use the database {}: {reason}", path.display())]
    #[non_exhaustive]
    Database {
        /// The path of the database.
        path: PathBuf,
        /// What is wrong, and what to do about it.
        reason: String,
        /// What SQLite says, where the problem was found by SQLite.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The thread that writes cannot be started.
    #[error("cannot start the thread that writes")]
    #[non_exhaustive]
    Thread {
        /// What the operating system says.
        source: io::Error,
    },
}

impl LocalServerError {
    pub(crate) fn setting(setting: &'static str, message: impl Into<String>) -> Self {
        Self::Setting { setting, message: message.into() }
    }
}
