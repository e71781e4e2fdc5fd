//! The client for code that is not async (feature `blocking`).
//!
//! [`EngramClient`] has the methods of [`crate::EngramClient`], with the same names and settings. Requests are sent with `.send()`,
//! which waits for the answer; streams are iterators.
//!
//! ```no_run
//! use lumetra_engram::blocking::EngramClient;
//!
//! # fn main() -> Result<(), lumetra_engram::EngramError> {
//! let engram = EngramClient::from_env()?;
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
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::coop::poll_proceed;

use crate::call::Setup;
use crate::client::operations;
use crate::config::EngramClientBuilder;
use crate::error::{EngramError, ErrorDetail};
use crate::generated::types::QueryResult;
use crate::ingest::{Ingest, IntoContents};
use crate::requests::{
    ClearMemories, CreateBucket, DeleteBucket, DeleteMemory, GetProfile, ListBuckets, ListMemories, Query,
    RegenerateProfile, StoreMemories, StoreMemory,
};
use crate::stream::QueryStreamEvent;

/// More polls than tokio lets a task do before it must give way (128 today; the count is a byte).
const MORE_THAN_A_BUDGET: usize = 256;

/// Requests of a [`blocking::EngramClient`](EngramClient) are sent with `.send()`, which waits for the answer.
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
        let runtime = runtime.build().map_err(|error| {
            EngramError::config(ErrorDetail::from("no thread can be started".to_owned()).with_source(error))
        })?;
        Ok(Self(Arc::new(Background(Some(runtime)))))
    }

    /// Waits for the future on this thread.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = Result<T, EngramError>>) -> Result<T, EngramError> {
        if is_inside_a_task() {
            return Err(EngramError::invalid_request(
                "the blocking client cannot wait inside an async task: await `lumetra_engram::EngramClient` there, or move the \
                 call to `tokio::task::spawn_blocking`. Nothing was sent"
                    .to_owned(),
            ));
        }
        // The future's timers and connections belong to the runtime. Its own `block_on` would panic on a thread that has
        // entered another one.
        let _entered = self.0.0.as_ref().map(Runtime::enter);
        pollster::block_on(future)
    }
}

/// Whether a task of tokio runs on this thread now. Tokio bounds how often a task may go on before it gives way; a thread that may
/// wait, such as that of `spawn_blocking`, has no such bound.
fn is_inside_a_task() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
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

/// A client of the Engram API for code that is not async: see the [module](self).
#[derive(Clone)]
pub struct EngramClient {
    inner: crate::EngramClient,
    mode: Blocking,
}

impl fmt::Debug for EngramClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl EngramClientBuilder<Blocking> {
    /// Builds the client, and starts its thread. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`EngramError::Config`] where there is no API key, a setting cannot be used, or no thread can be started. The message says
    /// which and why, and never shows the key.
    pub fn build(self) -> Result<EngramClient, EngramError> {
        Ok(EngramClient { inner: self.build_client()?, mode: Blocking::new()? })
    }
}

impl EngramClient {
    /// A client with this API key and defaults for everything else; the base URL is `ENGRAM_BASE_URL` where that is set.
    ///
    /// # Errors
    ///
    /// [`EngramError::Config`] where the key, or the base URL in the environment, cannot be used.
    pub fn new(api_key: impl Into<String>) -> Result<Self, EngramError> {
        Self::builder().api_key(api_key).build()
    }

    /// A client with the API key in `ENGRAM_API_KEY` and, where it is set, the base URL in `ENGRAM_BASE_URL`.
    ///
    /// # Errors
    ///
    /// [`EngramError::Config`] where there is no key, or one of the two cannot be used.
    pub fn from_env() -> Result<Self, EngramError> {
        Self::builder().build()
    }

    /// A builder, for every other setting.
    pub fn builder() -> EngramClientBuilder<Blocking> {
        EngramClientBuilder::new()
    }

    /// A clone whose calls and queries use this bucket where they name none. It shares thread and connections of this client.
    /// A name that cannot be used is an error of the calls that use it.
    #[must_use]
    pub fn with_bucket(&self, bucket: impl Into<String>) -> Self {
        Self { inner: self.inner.with_bucket(bucket), mode: self.mode.clone() }
    }

    fn setup(&self) -> Setup<Blocking> {
        self.inner.setup_for(self.mode.clone())
    }

    fn default_bucket(&self) -> &str {
        self.inner.default_bucket()
    }

    fn default_buckets(&self) -> &[String] {
        self.inner.default_buckets()
    }

    operations!(Blocking);
}

/// A streamed answer: an iterator of [`QueryStreamEvent`]s that ends with [`Done`](QueryStreamEvent::Done), or with an error in its
/// place. Each step waits for the next event. Otherwise as [`crate::QueryStream`].
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
#[derive(Debug)]
#[must_use = "a stream does nothing until it is read"]
pub struct QueryStream {
    events: crate::QueryStream,
    mode: Blocking,
}

impl QueryStream {
    /// Reads to the end and returns the whole answer.
    ///
    /// # Errors
    ///
    /// As [`crate::QueryStream::finish`].
    pub fn finish(self) -> Result<QueryResult, EngramError> {
        self.mode.wait(self.events.finish())
    }
}

impl Iterator for QueryStream {
    type Item = Result<QueryStreamEvent, EngramError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { events, mode } = self;
        if events.has_ended() {
            return None;
        }
        let event = mode.wait(async { events.next().await.transpose() }).transpose();
        if matches!(event, Some(Err(_))) {
            events.end();
        }
        event
    }
}

impl Query<crate::QueryStream, Blocking> {
    /// Sends the request and waits until the server begins to answer.
    ///
    /// # Errors
    ///
    /// As for a whole answer. What goes wrong later is an item of the stream.
    pub fn send(self) -> Result<QueryStream, EngramError> {
        let mode = self.mode();
        let events = mode.wait(crate::call::send(self))?;
        Ok(QueryStream { events, mode })
    }
}

impl crate::WithResponse<Query<crate::QueryStream, Blocking>> {
    /// Sends the request and waits until the server begins to answer.
    ///
    /// # Errors
    ///
    /// As for a whole answer. What goes wrong later is an item of the stream.
    pub fn send(self) -> Result<crate::Response<QueryStream>, EngramError> {
        let mode = self.0.mode();
        let response = mode.wait(crate::call::send_for_response(self.0))?;
        Ok(response.map(|events| QueryStream { events, mode }))
    }
}

/// The `send` of a blocking request.
macro_rules! blocking_request {
    ($(#[$documentation:meta])* {$($generics:tt)*} $request:ident [$($argument:ty)?] => $answer:ty) => {
        impl<$($generics)*> $request<$($argument,)? crate::blocking::Blocking> {
            $(#[$documentation])*
            pub fn send(self) -> Result<$answer, crate::EngramError> {
                let mode = self.setup.mode.clone();
                mode.wait(crate::call::send(self))
            }
        }

        impl<$($generics)*> crate::WithResponse<$request<$($argument,)? crate::blocking::Blocking>> {
            $(#[$documentation])*
            pub fn send(self) -> Result<crate::Response<$answer>, crate::EngramError> {
                let mode = self.0.setup.mode.clone();
                mode.wait(crate::call::send_for_response(self.0))
            }
        }
    };
}
pub(crate) use blocking_request;
