//! Streamed answers, as the service sends them: delta frames, one final frame or an error frame, and the sentinel.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use lumetra_engram::api::types::{
    QueryDelta, QueryDeltaChoice, QueryDeltaFrame, QueryErrorFrame, QueryFinalFrame, QueryResult,
};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::fault;
use crate::settings::Settings;
use crate::text::tokens;

const SENTINEL: &[u8] = b"data: [DONE]\n\n";

/// How many streams are being sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenStreams(Arc<watch::Sender<usize>>);

/// One of them, until it is dropped.
struct OpenStream(OpenStreams);

impl OpenStreams {
    fn enter(&self) -> OpenStream {
        self.0.send_modify(|count| *count += 1);
        OpenStream(self.clone())
    }

    pub(crate) fn count(&self) -> usize {
        *self.0.borrow()
    }

    pub(crate) async fn none_left(&self) {
        // It fails only when the sender is gone, which is in `self`.
        let _ = self.0.subscribe().wait_for(|&count| count == 0).await;
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

/// What becomes of an answer.
pub(super) enum Event {
    /// The next piece of it.
    Delta(String),
    /// The whole of it. Nothing follows.
    Done(Box<QueryResult>),
    /// It came to nothing. Nothing follows.
    Failed(String),
}

/// A whole answer, a word at a time.
pub(super) fn in_words(result: QueryResult) -> impl Stream<Item = Event> {
    let words: Vec<Event> = tokens::pieces(&result.answer).map(|word| Event::Delta(word.to_owned())).collect();
    stream::iter(words.into_iter().chain([Event::Done(Box::new(result))]))
}

/// The answer as a stream. `cut` is the number of deltas after which it is broken off, and `held` is kept until the end of the stream, or
/// until its client goes away.
pub(super) fn respond(
    events: impl Stream<Item = Event> + Send + 'static,
    cut: Option<usize>,
    settings: &Settings,
    streams: &OpenStreams,
    held: impl Send + 'static,
) -> Response {
    let frames = Frames {
        events: events.boxed(),
        deltas: 0,
        cut,
        before_first: settings.synthesis_latency,
        before_each: settings.delta_latency,
        has_ended: false,
        _held: Box::new((streams.enter(), held)),
    };
    let frames = stream::unfold(frames, |mut frames| async { Some((frames.next().await?, frames)) });
    ([(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")], Body::from_stream(frames)).into_response()
}

/// The frames of a stream.
struct Frames {
    events: BoxStream<'static, Event>,
    /// So many were sent.
    deltas: usize,
    cut: Option<usize>,
    before_first: Duration,
    before_each: Duration,
    has_ended: bool,
    _held: Box<dyn Send>,
}

impl Frames {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.has_ended {
            return None;
        }
        if self.cut.is_some() {
            // hyper drops what it has not sent when the body fails. It sends while this yields.
            tokio::task::yield_now().await;
        }
        if self.cut == Some(self.deltas) {
            return Some(self.closed());
        }
        match self.events.next().await? {
            Event::Delta(content) => {
                pause(self.before_each + if self.deltas == 0 { self.before_first } else { Duration::ZERO }).await;
                self.deltas += 1;
                Some(frame(&delta_frame(content)))
            }
            _ if self.cut.is_some() => Some(self.closed()),
            Event::Done(result) => Some(self.last(&final_frame(*result))),
            Event::Failed(error) => Some(self.last(&error_frame(error))),
        }
    }

    fn last(&mut self, value: &impl Serialize) -> io::Result<Bytes> {
        self.has_ended = true;
        Ok([frame(value)?, Bytes::from_static(SENTINEL)].concat().into())
    }

    fn closed(&mut self) -> io::Result<Bytes> {
        self.has_ended = true;
        Err(fault::closed())
    }
}

async fn pause(time: Duration) {
    // Even the shortest sleep takes a millisecond.
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn delta_frame(content: String) -> QueryDeltaFrame {
    let mut delta = QueryDelta::default();
    delta.content = Some(content);
    let mut choice = QueryDeltaChoice::default();
    choice.delta = Some(delta);
    let mut frame = QueryDeltaFrame::default();
    frame.choices = vec![choice];
    frame
}

fn error_frame(error: String) -> QueryErrorFrame {
    let mut frame = QueryErrorFrame::default();
    frame.error = Value::String(error);
    frame
}

fn final_frame(result: QueryResult) -> QueryFinalFrame {
    let mut frame = QueryFinalFrame::default();
    frame.answer = Some(result.answer);
    frame.answer_json = result.answer_json;
    frame.explanation = result.explanation;
    frame.memories_found = result.memories_found;
    frame.success = result.success;
    frame.synthesis_usage = result.synthesis_usage;
    frame.usage = result.usage;
    frame.extra = result.extra;
    frame
}

/// The value as an event. JSON in one line holds no line break, so one `data` line carries it.
fn frame(value: &impl Serialize) -> io::Result<Bytes> {
    Ok(Bytes::from(format!("data: {}\n\n", serde_json::to_string(value)?)))
}
