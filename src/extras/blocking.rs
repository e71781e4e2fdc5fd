//! The client for code that is not async (feature `blocking`).
//!
//! [`EngramClient`] has the methods of [`crate::EngramClient`] but its constructors, with the same names and settings. Requests are sent with `.send()`,
//! which waits for the response; streams are iterators. [`build_blocking`](crate::EngramClientBuilder::build_blocking) makes one.
//!
//! ```no_run
//! use lumetra_engram::EngramClient;
//!
//! # fn main() -> Result<(), lumetra_engram::EngramError> {
//! let engram = EngramClient::builder().build_blocking()?;
//! engram.store_memory("The user prefers dark mode.").bucket("user-123").send()?;
//! let result = engram.query("What are this user's UI preferences?").bucket("user-123").send()?;
//! println!("{}", result.answer);
//! # Ok(())
//! # }
//! ```
//!
//! Each client that is built has a thread of its own for its connections, which its clones share and which ends with the last
//! of them. Waiting inside an async task would stop other tasks, so a call there is an
//! [`InvalidRequest`](EngramError::InvalidRequest) error, and nothing is sent; use [`crate::EngramClient`] there, or move the call to
//! `tokio::task::spawn_blocking`.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::coop::poll_proceed;
use tokio::task::yield_now;

use super::ingest::{Ingest, IngestReport, Source};
use super::pages::MemoryStream;
use crate::builder::EngramClientBuilder;
use crate::error::EngramError;
use crate::generated::types::{Memory, QueryResult};
use crate::operations::ListMemories;
use crate::request::{Operation, Request};
use crate::settings::unusable;
use crate::stream::QueryStreamEvent;

/// More polls than tokio lets a task do before it must give way (128 today; the count is a byte).
const MORE_THAN_A_BUDGET: usize = 256;

/// A client of the Engram API for code that is not async: see the [module](self).
pub type EngramClient = crate::EngramClient<Blocking>;

/// A streamed answer as an iterator.
pub type QueryStream = crate::QueryStream<Blocking>;

/// The mode of an [`EngramClient`] whose requests are sent with `.send()`, which waits for the response.
#[derive(Clone)]
pub struct Blocking(Arc<Background>);

impl fmt::Debug for Blocking {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Blocking")
    }
}

/// The runtime of a client: one thread. It drives the connections also while no call waits, so that the client hears when a
/// server closes one.
struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        // Any other end of a runtime waits for it, and panics inside an async task.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Blocking {
    fn new() -> Result<Self, EngramError> {
        let mut runtime = Builder::new_multi_thread();
        runtime.worker_threads(1).thread_name("lumetra-engram").enable_all();
        let runtime = runtime.build().map_err(|error| EngramError::Config(unusable("cannot start a thread", error)))?;
        Ok(Self(Arc::new(Background(Some(runtime)))))
    }

    /// Waits for the future on this thread.
    fn wait<T>(&self, future: impl Future<Output = Result<T, EngramError>>) -> Result<T, EngramError> {
        if is_inside_a_task() {
            return Err(EngramError::invalid_request(
                "the blocking client cannot wait inside an async task: await `lumetra_engram::EngramClient` there, or move the \
                 call to `tokio::task::spawn_blocking`. Nothing was sent",
            ));
        }
        // The future's timers and connections belong to the runtime. Its own `block_on` would panic on a thread that has
        // entered another one.
        let _entered = self.0.0.as_ref().map(Runtime::enter);
        pollster::block_on(future)
    }
}

/// Whether a task of tokio runs on this thread now. Such a thread may not wait, unlike that of `spawn_blocking` or `block_in_place`.
fn is_inside_a_task() -> bool {
    Handle::try_current().is_ok() && (has_scheduler() || has_budget())
}

/// Whether a scheduler of tokio polls tasks on this thread. It puts a task that yields off until it has polled others; anywhere else there is
/// nobody to do so, and the task is woken at once.
fn has_scheduler() -> bool {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let _ = pin!(yield_now()).poll(&mut Context::from_waker(&waker));
    !woken.0.load(Ordering::Relaxed)
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whether tokio bounds how long the present future may go on before it gives way. It does for `block_on` of a runtime with several threads,
/// which polls its future without a scheduler.
fn has_budget() -> bool {
    let mut context = Context::from_waker(Waker::noop());
    let mut taken = Vec::new();
    let has_bound = (0..MORE_THAN_A_BUDGET).any(|_| match poll_proceed(&mut context) {
        Poll::Pending => true,
        Poll::Ready(unit) => {
            taken.push(unit);
            false
        }
    });
    // Each gives back what was left before it, so the first one must be the last.
    while taken.pop().is_some() {}
    has_bound
}

impl EngramClientBuilder {
    /// Builds the [blocking client](self), and starts its thread. Nothing is sent. With the feature `blocking` only.
    ///
    /// # Errors
    ///
    /// [`EngramError::Config`] if there is no API key, a setting cannot be used, or no thread can be started. The message says
    /// which and why, and never shows the key.
    pub fn build_blocking(self) -> Result<EngramClient, EngramError> {
        self.build_with(Blocking::new)
    }
}

impl<Op: Operation<Blocking>> Request<Op, Blocking> {
    /// Sends the request, and waits for its output.
    ///
    /// # Errors
    ///
    /// Any [`EngramError`] except [`Config`](EngramError::Config). The operation's method of [`EngramClient`](crate::EngramClient) lists
    /// what is special.
    pub fn send(self) -> Result<Op::Output, EngramError> {
        let mode = self.mode.clone();
        mode.wait(self.run())
    }
}

impl Request<ListMemories, Blocking> {
    /// Every memory of the bucket, as [`stream`](Self::stream) has them, in one list.
    ///
    /// # Errors
    ///
    /// Any error of a page. The memories read before it are discarded.
    pub fn all(self) -> Result<Vec<Memory>, EngramError> {
        let mode = self.mode.clone();
        mode.wait(self.stream().collect())
    }
}

impl<C: Source> Request<Ingest<'_, C>, Blocking> {
    /// Stores the facts, and reports what became of each.
    ///
    /// # Errors
    ///
    /// [`EngramError::InvalidRequest`] for a setting that cannot be used; nothing was sent then. Whatever goes wrong later is in the
    /// report.
    pub fn send(self) -> Result<IngestReport<C>, EngramError> {
        let mode = self.mode.clone();
        mode.wait(self.ingest())
    }
}

/// Each step waits for the next memory.
impl Iterator for MemoryStream<Blocking> {
    type Item = Result<Memory, EngramError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended() {
            return None;
        }
        let mode = self.mode.clone();
        let memory = mode.wait(async { self.next_memory().await.transpose() }).transpose();
        if matches!(memory, Some(Err(_))) {
            self.end();
        }
        memory
    }
}

/// Each step waits for the next event.
///
/// ```no_run
/// # fn example(engram: lumetra_engram::blocking::EngramClient) -> Result<(), lumetra_engram::EngramError> {
/// use lumetra_engram::QueryStreamEvent;
///
/// for event in engram.query_stream("What are this user's UI preferences?").send()? {
///     match event? {
///         QueryStreamEvent::Delta { content } => print!("{content}"),
///         QueryStreamEvent::Done(result) => println!("\n{:?} memories", result.memories_found),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
impl Iterator for QueryStream {
    type Item = Result<QueryStreamEvent, EngramError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended() {
            return None;
        }
        let mode = self.mode.clone();
        let event = mode.wait(async { self.next_event().await.transpose() }).transpose();
        if matches!(event, Some(Err(_))) {
            self.end();
        }
        event
    }
}

impl QueryStream {
    /// Reads to the end and returns the whole answer.
    ///
    /// # Errors
    ///
    /// [`EngramError::Stream`] if the stream broke off, was malformed, or the server reported an error in it;
    /// [`EngramError::Timeout`] if no data arrived for the client's stream timeout.
    pub fn finish(self) -> Result<QueryResult, EngramError> {
        let mode = self.mode.clone();
        mode.wait(self.read_to_end())
    }
}
