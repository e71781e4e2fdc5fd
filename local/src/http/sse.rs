//! Streamed answers, as the service sends them: delta frames, one final frame, and the sentinel.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lumetra_engram::api::types::{QueryDelta, QueryDeltaChoice, QueryDeltaFrame, QueryFinalFrame, QueryResult};
use serde::Serialize;
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

/// The answer as a stream, a word at a time. `cut` is the number of deltas after which it is broken off, and `held` is kept until the end
/// of the stream, or until its client goes away.
pub(super) fn respond(
    result: QueryResult,
    cut: Option<usize>,
    settings: &Settings,
    streams: &OpenStreams,
    held: impl Send + 'static,
) -> Response {
    let deltas = tokens::pieces(&result.answer).take(cut.unwrap_or(usize::MAX)).enumerate();
    let mut frames: Vec<(Duration, io::Result<Bytes>)> = deltas
        .map(|(place, delta)| {
            let before_first = if place == 0 { settings.synthesis_latency } else { Duration::ZERO };
            (before_first + settings.delta_latency, frame(&delta_frame(delta.to_owned())))
        })
        .collect();
    let end = match cut {
        Some(_) => vec![Err(fault::closed())],
        None => vec![frame(&final_frame(result)), Ok(Bytes::from_static(SENTINEL))],
    };
    frames.extend(end.into_iter().map(|frame| (Duration::ZERO, frame)));
    let held = (streams.enter(), held);
    let frames = stream::iter(frames).then(move |(delay, frame)| {
        let _ = &held;
        async move {
            if cut.is_some() {
                // hyper drops what it has not sent when the body fails. It sends while this yields.
                tokio::task::yield_now().await;
            }
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            frame
        }
    });
    ([(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")], Body::from_stream(frames)).into_response()
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

/// The value as an event. JSON in one line holds no line break, so one `data` line carries it.
fn frame(value: &impl Serialize) -> io::Result<Bytes> {
    Ok(Bytes::from(format!("data: {}\n\n", serde_json::to_string(value)?)))
}
