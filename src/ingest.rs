//! [`Ingest`]: storing very many facts.

mod contents;
mod report;
mod run;

use std::fmt;

use serde_json::{Map, Value};

pub use contents::{Contents, FromIterator, FromStream, IntoContents};
pub use report::{IngestFailure, IngestOutcome, IngestProgress, IngestReport};

use crate::call::Setup;
use crate::error::EngramError;
use crate::generated::types::Dedup;
use crate::mode::Async;
use crate::path::check_segment;

/// How often a request of an ingest is sent again on 429. An ingest is a burst by nature, and nobody waits for a single fact of it.
const MAX_RETRIES_ON_429: u32 = 10;
const DEFAULT_BATCH_SIZE: usize = 50;
const DEFAULT_CONCURRENCY: usize = 8;

/// Stores very many facts: see [`EngramClient::ingest`](crate::EngramClient::ingest). `'a` is how long the contents live, `'p` how long
/// what [`on_progress`](Self::on_progress) borrows.
///
/// Contents are pulled as they can be sent, in batches, several at a time. A batch is sent when it is full, holds 1 MiB, or its source
/// has nothing ready. Memory is bounded by the batches under way, and by the report: some 100 bytes for each fact, and the contents
/// of those that failed.
///
/// **One bad fact never sinks the rest.** A batch that the server refuses is split to find the facts that it refuses, and only
/// those fail. What would fail for every fact stops the ingest: 401, 403, 404, 412, a request that cannot be sent, and ten
/// failures in a row without an answer that says anything about a fact (no connection, a timeout, 429 after all retries, 502, 503,
/// 504). What was not attempted then is returned.
///
/// Each request is sent again on 429 up to ten times, or as often as the client's setting says where that is more, unless
/// [`max_retries_on_429`](Self::max_retries_on_429) says otherwise.
/// Dropping the future of an ingest stops it; which facts were stored is not known then.
///
/// ```no_run
/// # async fn example(engram: lumetra_engram::EngramClient) -> Result<(), Box<dyn std::error::Error>> {
/// let facts = std::fs::read_to_string("facts.txt")?;
/// let report = engram
///     .ingest(facts.lines())
///     .bucket("user-123")
///     .on_progress(|progress| eprintln!("{} stored", progress.stored))
///     .await?;
/// for failure in &report.failures {
///     eprintln!("line {}: {}", failure.index + 1, failure.error);
/// }
/// if let Some(error) = &report.stopped {
///     eprintln!("stopped early: {error}");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct Ingest<'a, 'p, Mode = Async> {
    setup: Setup<Mode>,
    bucket: String,
    contents: Contents<'a>,
    dedup: Option<Dedup>,
    batch_size: usize,
    concurrency: usize,
    extra: Map<String, Value>,
    on_progress: Option<OnProgress<'p>>,
}

type OnProgress<'p> = Box<dyn FnMut(&IngestProgress) + Send + 'p>;

impl<Mode> fmt::Debug for Ingest<'_, '_, Mode> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ingest").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

impl<'a, 'p, Mode> Ingest<'a, 'p, Mode> {
    pub(crate) fn new(mut setup: Setup<Mode>, bucket: &str, contents: Contents<'a>) -> Self {
        let retries = setup.api.inner.settings().call.retry.max_retries_on_429;
        setup.options.max_retries_on_429 = Some(retries.max(MAX_RETRIES_ON_429));
        Self {
            setup,
            bucket: bucket.to_owned(),
            contents,
            dedup: None,
            batch_size: DEFAULT_BATCH_SIZE,
            concurrency: DEFAULT_CONCURRENCY,
            extra: Map::new(),
            on_progress: None,
        }
    }

    crate::requests::bucket_setter!();

    /// How alike a fact and a stored one must be to be merged. Default: the server's choice, today [`Dedup::Loose`]. A batch cannot
    /// say it, so with an explicit choice each fact is a request of its own, which is slower.
    pub fn dedup(mut self, dedup: Dedup) -> Self {
        self.dedup = Some(dedup);
        self
    }

    /// How many facts go into one request at most, from 1. Default: 50. The server's largest batch is not published; one that is
    /// too large is split.
    pub fn batch_size(mut self, facts: usize) -> Self {
        self.batch_size = facts;
        self
    }

    /// How many requests are under way at once at most, from 1. Default: 8. The client's
    /// [adaptive concurrency](crate::EngramClientBuilder::adaptive_concurrency) holds besides.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests;
        self
    }

    crate::requests::extra_setter!(extra, extra, "the body of every request");

    /// Is called after every request with the progress so far. It runs between requests, so it should be quick. Default: none.
    pub fn on_progress(mut self, on_progress: impl FnMut(&IngestProgress) + Send + 'p) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    crate::options::call_options!();

    fn check(&self) -> Result<(), EngramError> {
        check_segment("bucket", &self.bucket)?;
        self.setup.options.settings(&self.setup.api.inner.settings().call)?;
        self.setup.options.headers()?;
        for (name, value) in [("batch_size", self.batch_size), ("concurrency", self.concurrency)] {
            if value == 0 {
                return Err(EngramError::invalid_request(format!("{name} must be at least 1")));
            }
        }
        Ok(())
    }
}

impl<'a> Ingest<'a, '_> {
    /// Stores the facts, and reports what became of each.
    ///
    /// # Errors
    ///
    /// [`EngramError::InvalidRequest`] for a setting that cannot be used; nothing was sent then. Whatever goes wrong later is in the
    /// report.
    pub async fn send(self) -> Result<IngestReport<'a>, EngramError> {
        run::run(self).await
    }
}

impl<'a: 'p, 'p> IntoFuture for Ingest<'a, 'p> {
    type Output = Result<IngestReport<'a>, EngramError>;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send + 'p>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

#[cfg(feature = "blocking")]
impl<'a> Ingest<'a, '_, crate::blocking::Blocking> {
    /// Stores the facts, and reports what became of each.
    ///
    /// # Errors
    ///
    /// [`EngramError::InvalidRequest`] for a setting that cannot be used; nothing was sent then. Whatever goes wrong later is in the
    /// report.
    pub fn send(self) -> Result<IngestReport<'a>, EngramError> {
        let mode = self.setup.mode.clone();
        mode.wait(run::run(self))
    }
}
