//! The course of an ingest: which facts are sent next, and what a response means for those that were sent.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use serde_json::{Map, Value};
use tokio::task::{Id, JoinError, JoinSet};
use tracing::Instrument;

use super::contents::Source;
use super::report::{IngestFailure, IngestOutcome, IngestProgress, IngestReport};
use super::request::{Ingest, OnProgress};
use crate::error::{Effect, EngramError};
use crate::extras::tasks::ended_early;
use crate::generated::types::{Dedup, StoreMemoryResult};
use crate::operations::{StoreMemories, StoreMemory};
use crate::request::Request;

/// How large a batch may grow, in bytes of content, before it is sent.
const BATCH_BYTES: usize = 1024 * 1024;
/// After how many failures in a row that say nothing about a fact the ingest stops.
const MOST_FAILURES_IN_A_ROW: usize = 10;

/// Facts that stand next to each other in the contents.
struct Batch {
    /// The position of the first one.
    index: usize,
    contents: Vec<String>,
    /// Why the batch was refused that this is a half of.
    refused: Option<Arc<EngramError>>,
}

type Outcome = Result<Vec<StoreMemoryResult>, EngramError>;

/// What an error means for the facts of the request.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// The server accepted them, and did not say as what.
    Accepted,
    /// The server refused the request because of at least one of them.
    Refused,
    /// It has nothing to do with them, and may pass.
    Passing,
    /// It would be the same for every other fact.
    ForAll,
}

impl Verdict {
    fn of(error: &EngramError) -> Self {
        match error {
            _ if error.effect() == Effect::Done => Self::Accepted,
            EngramError::Api(error) if matches!(error.status.as_u16(), 400 | 409 | 413 | 422) => Self::Refused,
            _ if error.is_retryable() => Self::Passing,
            _ => Self::ForAll,
        }
    }
}

struct Run<'p, S> {
    /// The bucket and the options of every request.
    request: Request<()>,
    dedup: Option<Dedup>,
    batch_size: usize,
    concurrency: usize,
    extra: Map<String, Value>,
    on_progress: Option<OnProgress<'p>>,
    contents: S,
    /// Whether there is certainly nothing left of them.
    has_ended: bool,
    /// Halves of batches that were refused.
    halves: VecDeque<Batch>,
    /// The requests, as tasks: they go on while the caller's code runs, which may wait for this client itself. They end with this run.
    requests: JoinSet<Outcome>,
    in_flight: HashMap<Id, Batch>,
    failures_in_a_row: usize,
    outcomes: Vec<IngestOutcome>,
    failures: Vec<IngestFailure>,
    stopped: Option<Arc<EngramError>>,
    progress: IngestProgress,
}

pub(super) async fn run<S: Source>(request: Request<()>, ingest: Ingest<'_, S>) -> IngestReport<S> {
    let mut run = Run::new(request, ingest);
    poll_fn(|context| run.poll(context)).await;
    run.report()
}

impl<'p, S: Source> Run<'p, S> {
    fn new(request: Request<()>, ingest: Ingest<'p, S>) -> Self {
        let Ingest { contents, dedup, batch_size, concurrency, extra, on_progress } = ingest;
        Self {
            request,
            dedup,
            batch_size: if dedup.is_some() { 1 } else { batch_size },
            concurrency,
            extra,
            on_progress,
            contents,
            has_ended: false,
            halves: VecDeque::new(),
            requests: JoinSet::new(),
            in_flight: HashMap::new(),
            failures_in_a_row: 0,
            outcomes: Vec::new(),
            failures: Vec::new(),
            stopped: None,
            progress: IngestProgress::default(),
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            self.send_what_is_ready(context);
            match ready!(self.requests.poll_join_next_with_id(context)) {
                Some(ended) => self.end(ended),
                // Nothing is in flight: either all is done, or the source has nothing ready and will wake this task.
                None if self.stopped.is_some() || self.has_ended => return Poll::Ready(()),
                None => return Poll::Pending,
            }
        }
    }

    fn send_what_is_ready(&mut self, context: &mut Context<'_>) {
        while self.stopped.is_none() && self.in_flight.len() < self.concurrency {
            let batch = match self.halves.pop_front() {
                Some(half) => half,
                None => match self.pull(context) {
                    Some(batch) => batch,
                    None => return,
                },
            };
            self.progress.in_flight += batch.contents.len();
            let request = self.requests.spawn(self.store(&batch).in_current_span());
            self.in_flight.insert(request.id(), batch);
        }
    }

    /// The next batch: what the source has ready, but no more than fits.
    fn pull(&mut self, context: &mut Context<'_>) -> Option<Batch> {
        let (mut contents, mut bytes) = (Vec::new(), 0);
        while contents.len() < self.batch_size && bytes < BATCH_BYTES {
            let Poll::Ready(content) = self.contents.poll_text(context) else { break };
            self.has_ended = content.is_none();
            let Some(content) = content else { break };
            bytes += content.len();
            contents.push(content);
        }
        if contents.is_empty() {
            return None;
        }
        let index = self.outcomes.len();
        self.outcomes.resize(index + contents.len(), IngestOutcome::Failed);
        Some(Batch { index, contents, refused: None })
    }

    fn store(&self, batch: &Batch) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        let extra = self.extra.clone();
        let Some(dedup) = self.dedup else {
            let facts = batch.contents.iter().cloned();
            let request = self.request.clone().map(|()| StoreMemories::new(facts)).extra_fields(extra);
            return Box::pin(request.run());
        };
        let fact = batch.contents.first().cloned().unwrap_or_default();
        let request = self.request.clone().map(|()| StoreMemory::new(fact)).extra_fields(extra).dedup(dedup);
        Box::pin(async { request.run().await.map(|result| vec![result]) })
    }

    /// Settles the batch of a request that has ended.
    fn end(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), Err(ended_early(&error))),
        };
        if let Some(batch) = self.in_flight.remove(&id) {
            self.settle(batch, outcome);
        }
    }

    fn settle(&mut self, batch: Batch, outcome: Result<Vec<StoreMemoryResult>, EngramError>) {
        self.progress.in_flight -= batch.contents.len();
        match outcome {
            Ok(results) => {
                self.failures_in_a_row = 0;
                let outcomes = results.into_iter().map(IngestOutcome::from);
                self.note(batch.index, outcomes.collect());
            }
            Err(error) => self.settle_error(batch, Arc::new(error)),
        }
        if self.stopped.is_some() {
            while let Some(half) = self.halves.pop_front() {
                let error = half.refused.clone().or_else(|| self.stopped.clone());
                error.into_iter().for_each(|error| self.fail(&half, &error));
            }
        }
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(&self.progress);
        }
    }

    fn settle_error(&mut self, batch: Batch, error: Arc<EngramError>) {
        let verdict = Verdict::of(&error);
        self.failures_in_a_row = if verdict == Verdict::Passing { self.failures_in_a_row + 1 } else { 0 };
        let is_over = verdict == Verdict::ForAll || self.failures_in_a_row >= MOST_FAILURES_IN_A_ROW;
        match verdict {
            Verdict::Accepted => {
                let accepted = IngestOutcome::Accepted { error: Arc::clone(&error) };
                self.note(batch.index, vec![accepted; batch.contents.len()]);
            }
            Verdict::Refused if batch.contents.len() > 1 => self.split(batch, &error),
            _ => self.fail(&batch, &error),
        }
        if is_over && self.stopped.is_none() {
            self.stopped = Some(error);
        }
    }

    fn split(&mut self, mut batch: Batch, error: &Arc<EngramError>) {
        let middle = batch.contents.len() / 2;
        let refused = Some(Arc::clone(error));
        let second = Batch { index: batch.index + middle, contents: batch.contents.split_off(middle), refused };
        self.halves.push_back(Batch { refused: second.refused.clone(), ..batch });
        self.halves.push_back(second);
    }

    fn fail(&mut self, batch: &Batch, error: &Arc<EngramError>) {
        self.progress.failed += batch.contents.len();
        let failures = batch.contents.iter().zip(batch.index..);
        self.failures.extend(failures.map(|(content, index)| IngestFailure {
            index,
            content: content.clone(),
            error: Arc::clone(error),
        }));
    }

    /// Notes what became of facts other than failing.
    fn note(&mut self, index: usize, outcomes: Vec<IngestOutcome>) {
        for (slot, outcome) in self.outcomes.iter_mut().skip(index).zip(outcomes) {
            match outcome {
                IngestOutcome::Stored { .. } => self.progress.stored += 1,
                IngestOutcome::Merged { .. } => self.progress.merged += 1,
                IngestOutcome::Accepted { .. } => self.progress.accepted += 1,
                IngestOutcome::Failed => {}
            }
            *slot = outcome;
        }
    }

    fn report(mut self) -> IngestReport<S> {
        self.failures.sort_by_key(|failure| failure.index);
        IngestReport {
            outcomes: self.outcomes,
            failures: self.failures,
            stopped: self.stopped,
            not_attempted: self.contents,
            totals: self.progress,
        }
    }
}
