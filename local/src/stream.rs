//! Streamed answers, as the service sends them: delta frames, one final frame, and the sentinel.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use lumetra_engram::api::types::{QueryDelta, QueryDeltaChoice, QueryDeltaFrame, QueryFinalFrame, QueryResult};
use serde::Serialize;
use tokio::sync::watch;

use crate::builder::Settings;
use crate::fault;
use crate::slots::Slot;
use crate::text::tokens;

const SENTINEL: &str = "[DONE]";

/// How many streams are being sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenStreams(Arc<watch::Sender<usize>>);

/// One of them, until it is dropped.
pub(crate) struct OpenStream(OpenStreams);

impl OpenStreams {
    pub(crate) fn enter(&self) -> OpenStream {
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

/// How slowly to answer.
pub(crate) struct Pace {
    before_first: Duration,
    before_each: Duration,
}

impl Pace {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { before_first: settings.synthesis_latency, before_each: settings.delta_latency }
    }
}

/// What is left to send. The client's going away drops it, and with it the places that it takes.
struct Rest {
    deltas: std::vec::IntoIter<String>,
    last: Option<QueryFinalFrame>,
    sentinel: bool,
    /// Whether the connection is closed after the deltas.
    cut: bool,
    pace: Pace,
    _stream: OpenStream,
    _slot: Option<Arc<Slot>>,
}

/// The answer as a stream, a word at a time. `cut` is the number of deltas after which it is broken off.
pub(crate) fn respond(
    result: QueryResult,
    cut: Option<usize>,
    mut pace: Pace,
    stream: OpenStream,
    slot: Option<Arc<Slot>>,
) -> Response {
    let mut deltas: Vec<String> = tokens::pieces(&result.answer).map(str::to_owned).collect();
    deltas.truncate(cut.unwrap_or(usize::MAX));
    if deltas.is_empty() {
        // Nothing is written, so nothing is waited for.
        pace.before_first = Duration::ZERO;
    }
    let rest = Rest {
        deltas: deltas.into_iter(),
        last: Some(final_frame(result)),
        sentinel: true,
        cut: cut.is_some(),
        pace,
        _stream: stream,
        _slot: slot,
    };
    let frames = stream::unfold(rest, |mut rest| async move { rest.next().await.map(|frame| (frame, rest)) });
    let body = Body::from_stream(frames);
    ([(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")], body).into_response()
}

impl Rest {
    /// The next frame, or an error that closes the connection.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.cut {
            // hyper drops what it has not sent when the body fails. It sends while this yields.
            tokio::task::yield_now().await;
        }
        if let Some(delta) = self.deltas.next() {
            wait(std::mem::take(&mut self.pace.before_first)).await;
            wait(self.pace.before_each).await;
            return frame(&delta_frame(delta)).map(Ok);
        }
        if self.cut {
            return Some(Err(fault::closed()));
        }
        if let Some(last) = self.last.take() {
            return frame(&last).map(Ok);
        }
        std::mem::take(&mut self.sentinel).then(|| Ok(event(SENTINEL)))
    }
}

async fn wait(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
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

fn final_frame(result: QueryResult) -> QueryFinalFrame {
    let mut frame = QueryFinalFrame::default();
    frame.answer = Some(result.answer);
    frame.answer_json = result.answer_json;
    frame.explanation = result.explanation;
    frame.memories_found = result.memories_found;
    frame.success = result.success;
    frame.synthesis_usage = result.synthesis_usage;
    frame.usage = result.usage;
    frame
}

/// The value as an event. A value that is no JSON ends the stream early, which the client sees as an error.
fn frame(value: &impl Serialize) -> Option<Bytes> {
    match serde_json::to_string(value) {
        Ok(json) => Some(event(&json)),
        Err(error) => {
            tracing::error!(%error, "a frame cannot be written");
            None
        }
    }
}

/// JSON in one line holds no line break, so one `data` line carries it.
fn event(data: &str) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}
