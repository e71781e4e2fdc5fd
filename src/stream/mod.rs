//! [`QueryStream`]: a streamed answer, as the caller reads it.

mod blocks;
mod body;
mod events;
mod frame;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::{FusedStream, Stream};

pub use events::QueryStreamEvent;

use crate::error::{Effect, EngramError, ErrorDetail};
use crate::generated::types::QueryResult;
use crate::request::{Async, Received};
use crate::transport::OpenBody;
use events::Events;

/// A streamed answer: a [`Stream`] of [`QueryStreamEvent`]s that ends with [`Done`](QueryStreamEvent::Done), or with an error in its
/// place. A stream that the server ends early is an error, never a quiet end. Nothing runs in the background, and dropping the
/// stream closes its connection.
///
/// It ends with [`EngramError::Timeout`] after the client's stream timeout without a byte. A comment, with which a server says that it
/// is still there, counts as one. To bound the whole answer, put `tokio::time::timeout` around the reading.
///
/// ```no_run
/// # async fn example(engram: lumetra_engram::EngramClient) -> Result<(), lumetra_engram::EngramError> {
/// use lumetra_engram::QueryStreamEvent;
///
/// let mut stream = engram.query_stream("What are this user's UI preferences?").await?;
/// while let Some(event) = stream.next().await {
///     match event? {
///         QueryStreamEvent::Delta { content } => print!("{content}"),
///         QueryStreamEvent::Done(result) => println!("\n{:?} memories", result.memories_found),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// With the blocking client it is an `Iterator` in place of a `Stream`.
#[must_use = "a stream does nothing until it is read"]
pub struct QueryStream<Mode = Async> {
    events: Events,
    #[cfg_attr(not(feature = "blocking"), expect(dead_code, reason = "only the blocking mode has anything to do"))]
    pub(crate) mode: Mode,
}

impl<Mode> fmt::Debug for QueryStream<Mode> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("QueryStream").field("ended", &self.events.have_ended()).finish_non_exhaustive()
    }
}

impl<Mode> QueryStream<Mode> {
    pub(crate) fn new(body: OpenBody, received: &Received<'_, Mode>) -> Self
    where
        Mode: Clone,
    {
        let events = Events::new(body, &received.head.headers, received.settings, received.call.stream_timeout);
        Self { events, mode: received.mode.clone() }
    }

    pub(crate) async fn next_event(&mut self) -> Option<Result<QueryStreamEvent, EngramError>> {
        poll_fn(|context| self.events.poll_next(context)).await
    }

    pub(crate) async fn read_to_end(mut self) -> Result<QueryResult, EngramError> {
        while let Some(event) = self.next_event().await {
            if let QueryStreamEvent::Done(result) = event? {
                return Ok(*result);
            }
        }
        let detail =
            ErrorDetail::new("the stream had already ended; call `finish` before you read `Done`", Effect::Done);
        Err(EngramError::stream(detail.retryable(false)))
    }

    /// Ends the stream where it is, and closes its connection.
    #[cfg(feature = "blocking")]
    pub(crate) fn end(&mut self) {
        self.events.end();
    }

    #[cfg(feature = "blocking")]
    pub(crate) fn has_ended(&self) -> bool {
        self.events.have_ended()
    }
}

impl QueryStream {
    /// The next event, or `None` after the last one. The same as `StreamExt::next`, without the import. Nothing is lost where the
    /// future is dropped before it is ready, as in `tokio::select!`.
    pub async fn next(&mut self) -> Option<Result<QueryStreamEvent, EngramError>> {
        self.next_event().await
    }

    /// Reads to the end and returns the whole answer.
    ///
    /// # Errors
    ///
    /// [`EngramError::Stream`] if the stream broke off, was malformed, or the server reported an error in it;
    /// [`EngramError::Timeout`] if no data arrived for the client's stream timeout.
    pub async fn finish(self) -> Result<QueryResult, EngramError> {
        self.read_to_end().await
    }
}

impl Stream for QueryStream {
    type Item = Result<QueryStreamEvent, EngramError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_next(context)
    }
}

impl FusedStream for QueryStream {
    fn is_terminated(&self) -> bool {
        self.events.have_ended()
    }
}
