//! The bytes of a streamed answer, bounded in silence.

use std::pin::Pin;
use std::str::Utf8Error;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::time::{Instant, Sleep, sleep};

use crate::error::{Effect, EngramError, ErrorDetail};
use crate::transport::{OpenBody, append, too_large};

/// The chunks of the body. Ends with a [`BodyFault`] where none comes for too long.
pub(super) struct Body {
    chunks: OpenBody,
    longest_silence: Duration,
    /// Since when nothing is there to read, if so.
    silent_since: Option<Instant>,
    /// Rings when the longest silence may have passed. It is set anew only then: to do so with every chunk would cost more than to read it.
    alarm: Pin<Box<Sleep>>,
}

/// Why a body ended early.
#[derive(Debug)]
pub(super) enum BodyFault {
    Silence(Duration),
    TooLarge(usize),
    /// The data of a block is not UTF-8.
    NotText(Utf8Error),
    Broken(reqwest::Error),
}

impl Body {
    pub(super) fn new(chunks: OpenBody, longest_silence: Duration) -> Self {
        Self { chunks, longest_silence, silent_since: None, alarm: Box::pin(sleep(longest_silence)) }
    }

    /// Reads the body to its end, at most `limit` bytes of it.
    pub(super) fn poll_whole(
        &mut self,
        context: &mut Context<'_>,
        limit: usize,
        read: &mut Vec<u8>,
    ) -> Poll<Result<(), BodyFault>> {
        while let Some(chunk) = ready!(Pin::new(&mut *self).poll_next(context)).transpose()? {
            if !append(read, &chunk, limit) {
                return Poll::Ready(Err(BodyFault::TooLarge(limit)));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Ready where nothing has been there to read for too long.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<BodyFault> {
        let since = *self.silent_since.get_or_insert_with(Instant::now);
        loop {
            ready!(self.alarm.as_mut().poll(context));
            match since.checked_add(self.longest_silence) {
                Some(end) if end > Instant::now() => self.alarm.as_mut().reset(end),
                _ => return Poll::Ready(BodyFault::Silence(self.longest_silence)),
            }
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, BodyFault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Poll::Ready(chunk) = Pin::new(&mut self.chunks).poll_next(context) else {
            return self.poll_silence(context).map(|fault| Some(Err(fault)));
        };
        self.silent_since = None;
        Poll::Ready(chunk.map(|chunk| chunk.map_err(BodyFault::Broken)))
    }
}

impl std::fmt::Display for BodyFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Silence(limit) => {
                write!(formatter, "no data arrived for {limit:?}; the answer so far is incomplete")
            }
            Self::TooLarge(limit) => write!(formatter, "a frame or the answer cannot be read: {}", too_large(*limit)),
            Self::NotText(error) => write!(formatter, "it is not a stream of events: {error}"),
            Self::Broken(_) => formatter.write_str("the connection broke; the answer so far is incomplete"),
        }
    }
}

impl BodyFault {
    pub(super) fn into_error(self) -> EngramError {
        let detail = ErrorDetail::new(self.to_string(), Effect::Done);
        match self {
            Self::Silence(_) => EngramError::Timeout(Box::new(detail.retryable(true))),
            Self::TooLarge(_) | Self::NotText(_) => EngramError::stream(detail),
            Self::Broken(error) => {
                let is_timeout = error.is_timeout();
                let detail = Box::new(detail.retryable(true).with_source(error.without_url()));
                if is_timeout { EngramError::Timeout(detail) } else { EngramError::Stream(detail) }
            }
        }
    }
}
