//! Why the store did not do what it was asked.

use std::sync::Arc;

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the bucket does not exist")]
    BucketNotFound,
    #[error("the memory does not exist")]
    MemoryNotFound,
    #[error("the bucket exists already")]
    BucketExists,
    #[error("a file of the database was removed or replaced")]
    FileGone,
    #[error("the store is closed")]
    Closed,
    #[error("a task of the store failed")]
    Failed,
    // Shared, since one failed commit fails every write in it.
    #[error("SQLite failed")]
    Sqlite(#[source] Arc<rusqlite::Error>),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}
