//! The events of a streamed answer, in whatever pieces they come.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::{FutureExt, StreamExt};
use sse_stream::SseByteStream;

use crate::mismatch::Finding;
use crate::request::below;
use crate::schema::Schema;

/// What the last event holds in place of JSON. The spec says so in words only.
const SENTINEL: &str = "[DONE]";

type Pieces = UnboundedReceiver<Result<Bytes, Infallible>>;

/// Checks events while they come. It holds no more than the event that is not complete yet.
pub(crate) struct Events {
    schema: Arc<Schema>,
    /// `None` once the answer has ended.
    pieces: Option<UnboundedSender<Result<Bytes, Infallible>>>,
    blocks: SseByteStream<Pieces>,
    frames: usize,
    saw_sentinel: bool,
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Events").field("frames", &self.frames).finish_non_exhaustive()
    }
}

impl Events {
    pub(crate) fn new(schema: Arc<Schema>) -> Self {
        let (sender, receiver) = unbounded();
        Self { schema, pieces: Some(sender), blocks: SseByteStream::new(receiver), frames: 0, saw_sentinel: false }
    }

    pub(crate) fn push(&mut self, piece: &Bytes) -> Vec<Finding> {
        if let Some(pieces) = &self.pieces {
            // The other end is `blocks`, which stops to listen only after an error that was noted.
            let _ = pieces.unbounded_send(Ok(piece.clone()));
        }
        self.read()
    }

    pub(crate) fn finish(mut self) -> Vec<Finding> {
        self.pieces = None;
        let mut findings = self.read();
        if !self.saw_sentinel {
            findings.push(self.finding(format!("the stream ends without {SENTINEL}")));
        }
        findings
    }

    /// Reads the events that are complete.
    fn read(&mut self) -> Vec<Finding> {
        let mut findings = Vec::new();
        while let Some(Some(block)) = self.blocks.next().now_or_never() {
            match block.map(|block| block.data) {
                // A comment, or an event without data.
                Ok(None) => continue,
                Ok(Some(data)) if self.saw_sentinel => {
                    let what = if data == SENTINEL { SENTINEL } else { "an event" };
                    findings.push(self.finding(format!("{what} comes after {SENTINEL}")));
                }
                Ok(Some(data)) if data == SENTINEL => self.saw_sentinel = true,
                Ok(Some(data)) => {
                    findings
                        .extend(below(&format!("/frames/{}", self.frames), self.schema.check_json(data.as_bytes())));
                }
                Err(error) => findings.push(self.finding(format!("is no event: {error}"))),
            }
            self.frames += 1;
        }
        findings
    }

    fn finding(&self, problem: String) -> Finding {
        Finding::new(format!("/frames/{}", self.frames), problem)
    }
}
