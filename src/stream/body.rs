//! The bytes of a streamed answer, bounded in size and in silence.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use memchr::{memchr2, memrchr_iter};
use tokio::time::{Instant, Sleep, sleep};

use crate::error::{EngramError, ErrorDetail};
use crate::hooks::{append, too_large};

type Chunks = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>;

/// The chunks of the body. Ends with a [`BodyFault`] where none comes for too long.
pub(super) struct Body {
    chunks: Chunks,
    longest_silence: Duration,
    /// Since when nothing is there to read, if so.
    silent_since: Option<Instant>,
    /// Rings when the longest silence may have passed. It is set anew only then: to do so with every chunk would cost more than to read it.
    alarm: Pin<Box<Sleep>>,
}

/// The chunks of a body of events. Ends with a [`BodyFault`] also where one block of it is too large.
pub(super) struct Blocks {
    body: Body,
    meter: BlockMeter,
}

/// Why a body ended early.
#[derive(Debug)]
pub(super) enum BodyFault {
    Silence(Duration),
    TooLarge(usize),
    Broken(reqwest::Error),
}

impl Body {
    pub(super) fn new(chunks: Chunks, longest_silence: Duration) -> Self {
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
        let Poll::Ready(chunk) = self.chunks.as_mut().poll_next(context) else {
            return self.poll_silence(context).map(|fault| Some(Err(fault)));
        };
        self.silent_since = None;
        Poll::Ready(chunk.map(|chunk| chunk.map_err(BodyFault::Broken)))
    }
}

impl Blocks {
    pub(super) fn new(body: Body, largest_block: usize) -> Self {
        Self { body, meter: BlockMeter { limit: largest_block, size: 0, at_line_start: true, after_cr: false } }
    }
}

impl Stream for Blocks {
    type Item = Result<Bytes, BodyFault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(Pin::new(&mut self.body).poll_next(context));
        Poll::Ready(chunk.map(|chunk| {
            let chunk = chunk?;
            self.meter.measure_chunk(&chunk).map(|()| chunk)
        }))
    }
}

/// Measures the blocks of a stream of events, which end with an empty line. The parser holds on to no more than one of them.
struct BlockMeter {
    limit: usize,
    /// The bytes of the present block.
    size: usize,
    at_line_start: bool,
    /// The last byte was a CR, so that a LF now belongs to the same line end.
    after_cr: bool,
}

impl BlockMeter {
    /// Measures a chunk. Where no block in it can be too large, only what is behind the last end of a block matters.
    fn measure_chunk(&mut self, chunk: &[u8]) -> Result<(), BodyFault> {
        let ends_block = |end: &usize| end.checked_sub(1).is_some_and(|before| chunk[before] == b'\n');
        if self.size.saturating_add(chunk.len()) <= self.limit
            && let Some(end) = memrchr_iter(b'\n', chunk).find(ends_block)
        {
            (self.size, self.at_line_start, self.after_cr) = (0, true, false);
            return self.measure(&chunk[end + 1..]);
        }
        self.measure(chunk)
    }

    fn measure(&mut self, mut bytes: &[u8]) -> Result<(), BodyFault> {
        while let Some(end) = memchr2(b'\n', b'\r', bytes) {
            let is_second_half = self.after_cr && end == 0 && bytes[0] == b'\n';
            self.after_cr = bytes[end] == b'\r';
            if !is_second_half {
                self.add(end + 1)?;
                self.end_line(end);
            }
            bytes = &bytes[end + 1..];
        }
        if !bytes.is_empty() {
            self.add(bytes.len())?;
            (self.at_line_start, self.after_cr) = (false, false);
        }
        Ok(())
    }

    fn end_line(&mut self, bytes_before: usize) {
        if self.at_line_start && bytes_before == 0 {
            self.size = 0;
        }
        self.at_line_start = true;
    }

    fn add(&mut self, bytes: usize) -> Result<(), BodyFault> {
        self.size = self.size.saturating_add(bytes);
        if self.size > self.limit { Err(BodyFault::TooLarge(self.limit)) } else { Ok(()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(limit: usize, pieces: &[&[u8]]) -> bool {
        let mut meter = BlockMeter { limit, size: 0, at_line_start: true, after_cr: false };
        pieces.iter().try_for_each(|piece| meter.measure_chunk(piece)).is_ok()
    }

    #[test]
    fn only_a_block_counts_whatever_its_line_ends_and_however_it_is_split() {
        for line_end in ["\n", "\r", "\r\n"] {
            let block = format!("data: 1234{line_end}{line_end}");
            let stream = block.repeat(100);
            let bytes = stream.as_bytes();
            for pieces in [vec![bytes], bytes.chunks(1).collect(), bytes.chunks(7).collect()] {
                assert!(measure(block.len(), &pieces), "{line_end:?} in {} pieces", pieces.len());
                assert!(!measure(9, &pieces), "{line_end:?} in {} pieces", pieces.len());
            }
        }
    }
}
