//! What becomes of the facts of an ingest.

use std::sync::Arc;

use crate::error::EngramError;
use crate::generated::types::{MergeReason, StoreMemoryResult, StoreStatus};

/// How far an ingest is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IngestProgress {
    /// How many facts were stored as new memories.
    pub stored: usize,
    /// How many facts were merged into an existing memory.
    pub merged: usize,
    /// How many facts the server accepted without saying what became of them.
    pub accepted: usize,
    /// How many facts failed.
    pub failed: usize,
    /// How many facts are being sent.
    pub in_flight: usize,
}

impl IngestProgress {
    /// How many facts have an outcome.
    pub fn done(&self) -> usize {
        self.stored + self.merged + self.accepted + self.failed
    }
}

/// What became of one fact.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum IngestOutcome {
    /// It was stored as a new memory with this id. If a server sends no status, the fact counts as stored.
    Stored {
        /// The memory's id.
        id: Box<str>,
    },
    /// It was merged into an existing memory.
    Merged {
        /// The id of that memory.
        into: Box<str>,
        /// Why, if the server says so.
        reason: Option<MergeReason>,
    },
    /// The server accepted it (2xx), but its response cannot be read: it is stored, and its id is not known.
    Accepted {
        /// Why the response cannot be read.
        error: Arc<EngramError>,
    },
    /// It failed; it is among [`IngestReport::failures`].
    Failed,
}

impl From<StoreMemoryResult> for IngestOutcome {
    fn from(result: StoreMemoryResult) -> Self {
        if result.status != Some(StoreStatus::Merged) {
            return Self::Stored { id: result.id.into() };
        }
        let into = result.deduped_into.unwrap_or(result.id);
        Self::Merged { into: into.into(), reason: result.merge_reason }
    }
}

/// A fact that was not stored, or of which that is not known.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IngestFailure {
    /// Its position in the contents, from 0.
    pub index: usize,
    /// The fact itself.
    pub content: String,
    /// Why. The facts of one request share it. Where its [`effect`](EngramError::effect) is [`Unknown`](crate::Effect::Unknown), the fact may
    /// be stored; storing it again is safe unless with [`Dedup::Off`](crate::Dedup::Off).
    pub error: Arc<EngramError>,
}

/// What became of all facts of an ingest.
///
/// ```no_run
/// # async fn example(engram: lumetra_engram::EngramClient) -> Result<(), lumetra_engram::EngramError> {
/// let mut report = engram.ingest(["The user prefers dark mode.", "The user lives in Lisbon."]).await?;
/// if !report.is_complete() {
///     // What failed, and what was not attempted, can be fed back.
///     let failed = report.failures.drain(..).map(|failure| failure.content);
///     let again = engram.ingest(failed).await?;
///     let rest = engram.ingest(report.not_attempted).await?;
///     println!("{} facts failed again", again.failures.len() + rest.failures.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "it says which facts failed"]
#[non_exhaustive]
pub struct IngestReport<Contents> {
    /// What became of each fact that was attempted, by its position in the contents.
    pub outcomes: Vec<IngestOutcome>,
    /// The facts that failed, in the order of the contents.
    pub failures: Vec<IngestFailure>,
    /// Why the ingest stopped early, if it did.
    pub stopped: Option<Arc<EngramError>>,
    /// The contents that were not attempted because the ingest stopped early, in their order; the first one has the index
    /// `outcomes.len()`. None has been pulled from its source yet: count or collect them (`collect().await`
    /// of a stream), or ingest them again.
    pub not_attempted: Contents,
    /// The counts of the outcomes.
    pub totals: IngestProgress,
}

impl<Contents> IngestReport<Contents> {
    /// Whether every fact is stored, merged or accepted.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.stopped.is_none()
    }
}
