//! [`Ingest`]: storing very many facts.

use std::fmt;

use futures_core::Stream;
use serde_json::{Map, Value};

use super::contents::{ContentStream, Contents};
use super::report::IngestProgress;
use crate::client::EngramClient;
use crate::generated::types::Dedup;
use crate::operations::{Extensible, InBucket};
use crate::request::Request;

/// How often a request of an ingest is sent again on 429. An ingest is a burst by nature, and nobody waits for a single fact of it.
const MAX_RETRIES_ON_429: u32 = 10;
const DEFAULT_BATCH_SIZE: usize = 50;
const DEFAULT_CONCURRENCY: usize = 8;

/// Stores very many facts: see [`EngramClient::ingest`](crate::EngramClient::ingest) and
/// [`EngramClient::ingest_stream`](crate::EngramClient::ingest_stream). `'p` is the lifetime of what the
/// [`on_progress`](Request::on_progress) callback borrows.
///
/// Contents are pulled as they can be sent, in batches, several at a time. A batch is sent when it is full, has reached 1 MiB, or its
/// source has nothing ready. Memory is bounded by the batches in flight, and by the report: some 100 bytes for each fact, and the
/// contents of those that failed.
///
/// **A bad fact doesn't affect the others.** A batch that the server refuses is split to find the facts that it refuses, and only those
/// fail: that is what 400, 409, 413 and 422 mean. What would fail for every fact stops the ingest: any other error that is not
/// [retryable](crate::EngramError::is_retryable), and ten in a row that are (no connection, a timeout, 429 after all retries, most 5xx).
/// What was not attempted then is returned.
///
/// Your iterator and your callback run on the thread that awaits the ingest, while its requests go on as tasks of the runtime. So they
/// may wait for the same client, for example with `engram.list_memories()` of the blocking client as the source, whatever its limits.
///
/// Each request is sent again on 429 up to ten times, or as often as the client's setting says if that is more, unless
/// [`max_retries_on_429`](Request::max_retries_on_429) says otherwise. The options of the request apply to each of its requests.
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
pub struct Ingest<'p, Contents> {
    pub(super) contents: Contents,
    pub(super) dedup: Option<Dedup>,
    pub(super) batch_size: usize,
    pub(super) concurrency: usize,
    pub(super) extra: Map<String, Value>,
    pub(super) on_progress: Option<OnProgress<'p>>,
}

pub(super) type OnProgress<'p> = Box<dyn FnMut(&IngestProgress) + Send + 'p>;

impl<Contents> fmt::Debug for Ingest<'_, Contents> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ingest").finish_non_exhaustive()
    }
}

impl<Mode: Clone> EngramClient<Mode> {
    /// Stores very many facts, from any iterator or collection of texts, in the default bucket or [another](Request::bucket). They are
    /// pulled as they can be sent, and the [report](super::IngestReport) says what became of each.
    pub fn ingest<'a, 'p, I>(&self, contents: I) -> Request<Ingest<'p, Contents<'a>>, Mode>
    where
        I: IntoIterator<Item: Into<String> + 'a, IntoIter: Send + 'a>,
    {
        self.ingest_from(Contents::new(contents))
    }

    /// Stores very many facts from a stream of texts. Otherwise as [`ingest`](Self::ingest).
    pub fn ingest_stream<'a, 'p, S>(&self, contents: S) -> Request<Ingest<'p, ContentStream<'a>>, Mode>
    where
        S: Stream<Item: Into<String>> + Send + 'a,
    {
        self.ingest_from(ContentStream::new(contents))
    }

    fn ingest_from<'p, C>(&self, contents: C) -> Request<Ingest<'p, C>, Mode> {
        let request = self.request(Ingest {
            contents,
            dedup: None,
            batch_size: DEFAULT_BATCH_SIZE,
            concurrency: DEFAULT_CONCURRENCY,
            extra: Map::new(),
            on_progress: None,
        });
        let retries = self.generated().inner.settings().call.retry.max_retries_on_429;
        request.max_retries_on_429(retries.max(MAX_RETRIES_ON_429))
    }
}

impl<C> InBucket for Ingest<'_, C> {}

impl<C> Extensible for Ingest<'_, C> {
    fn extra_fields(&mut self) -> &mut Map<String, Value> {
        &mut self.extra
    }
}

impl<'p, C, Mode> Request<Ingest<'p, C>, Mode> {
    /// How similar a fact and a stored one must be to be merged. Default: the server's choice, today [`Dedup::Loose`]. A batch cannot set
    /// it, so with an explicit choice each fact is a request of its own, which is slower.
    pub fn dedup(mut self, dedup: Dedup) -> Self {
        self.operation.dedup = Some(dedup);
        self
    }

    /// How many facts go into one request at most, from 1. Default: 50. The server's largest batch is not published; one that is
    /// too large is split.
    pub fn batch_size(mut self, facts: usize) -> Self {
        self.operation.batch_size = facts;
        self
    }

    /// How many requests are in flight at once at most, from 1. Default: 8. The client's
    /// [adaptive concurrency](crate::EngramClientBuilder::adaptive_concurrency) applies as well.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.operation.concurrency = requests;
        self
    }

    /// Is called after every request with the progress so far. No further request is sent until it returns. Default: none.
    pub fn on_progress(mut self, on_progress: impl FnMut(&IngestProgress) + Send + 'p) -> Self {
        self.operation.on_progress = Some(Box::new(on_progress));
        self
    }
}
