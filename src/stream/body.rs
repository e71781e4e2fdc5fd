//! The bytes of a streamed answer, bounded in size and in silence.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::time::{Instant, Sleep, sleep};

use crate::error::{EngramError, ErrorDetail};
use crate::hooks::too_large;

type Chunks = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>;

/// The chunks of the body. Ends with a [`BodyFault`] where none comes for too long, or where too much comes for one frame.
pub(super) struct Body {
    chunks: Chunks,
    silence: Pin<Box<Sleep>>,
    longest_silence: Duration,
    /// The bytes since the last block ended; the parser of the blocks holds on to no more than these.
    pending: Arc<AtomicUsize>,
    max_pending: usize,
}

/// Why a body ended early.
#[derive(Debug)]
pub(super) enum BodyFault {
    Silence(Duration),
    TooLarge(usize),
    Broken(reqwest::Error),
}

impl Body {
    pub(super) fn new(chunks: Chunks, longest_silence: Duration, max_pending: usize) -> Self {
        let silence = Box::pin(sleep(longest_silence));
        Self { chunks, silence, longest_silence, pending: Arc::default(), max_pending }
    }

    /// The count of pending bytes, to be reset whenever a block has ended.
    pub(super) fn pending(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.pending)
    }

    /// Reads the body to its end.
    pub(super) fn poll_whole(&mut self, context: &mut Context<'_>, read: &mut BytesMut) -> Poll<Result<(), BodyFault>> {
        loop {
            match ready!(Pin::new(&mut *self).poll_next(context)) {
                Some(chunk) => read.extend_from_slice(&chunk?),
                None => return Poll::Ready(Ok(())),
            }
        }
    }

    fn check(&self, chunk: &Bytes) -> Result<(), BodyFault> {
        let pending = self.pending.fetch_add(chunk.len(), Ordering::Relaxed).saturating_add(chunk.len());
        if pending > self.max_pending { Err(BodyFault::TooLarge(self.max_pending)) } else { Ok(()) }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, BodyFault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Poll::Ready(chunk) = this.chunks.as_mut().poll_next(context) else {
            ready!(this.silence.as_mut().poll(context));
            return Poll::Ready(Some(Err(BodyFault::Silence(this.longest_silence))));
        };
        if let Some(deadline) = Instant::now().checked_add(this.longest_silence) {
            this.silence.as_mut().reset(deadline);
        }
        Poll::Ready(chunk.map(|chunk| {
            let chunk = chunk.map_err(BodyFault::Broken)?;
            this.check(&chunk).map(|()| chunk)
        }))
    }
}

impl std::fmt::Display for BodyFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Silence(limit) => {
                write!(formatter, "no byte came for {limit:?}; what came before is not a whole answer")
            }
            Self::TooLarge(limit) => write!(formatter, "a frame or the answer cannot be read: {}", too_large(*limit)),
            Self::Broken(_) => formatter.write_str("the connection broke; what came before is not a whole answer"),
        }
    }
}

impl std::error::Error for BodyFault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Broken(error) => Some(error),
            Self::Silence(_) | Self::TooLarge(_) => None,
        }
    }
}

impl BodyFault {
    pub(super) fn into_error(self) -> EngramError {
        let detail = ErrorDetail::from(self.to_string());
        match self {
            Self::Silence(_) => EngramError::timeout(detail),
            Self::TooLarge(_) => EngramError::stream(detail),
            Self::Broken(error) if error.is_timeout() => EngramError::timeout(detail.with_source(error.without_url())),
            Self::Broken(error) => EngramError::stream(detail.with_source(error.without_url())),
        }
    }
}

/// What the parser of the blocks reports: a fault of the body, or bytes that are no text.
pub(super) fn into_error(error: sse_stream::Error) -> EngramError {
    match error {
        sse_stream::Error::Body(fault) => match fault.downcast::<BodyFault>() {
            Ok(fault) => fault.into_error(),
            Err(other) => EngramError::stream(ErrorDetail::from("it cannot be read".to_owned()).with_source(other)),
        },
        other => {
            EngramError::stream(ErrorDetail::from(format!("it is not a stream of events: {other}")).with_source(other))
        }
    }
}
