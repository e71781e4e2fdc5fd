//! The events of a streamed answer, from the bytes of its body.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::blocks::BlockSplitter;
use super::body::{Body, BodyFault};
use super::frame::{Frame, Malformed};
use crate::error::{Effect, EngramError, ErrorBody, ErrorDetail, is_json, one_line};
use crate::generated::types::{QueryFinalFrame, QueryResult};
use crate::secret::ApiKey;
use crate::settings::Settings;
use crate::transport::OpenBody;

/// How often the end of the body is looked for after the final frame, before the connection is given up.
const LOOKS_FOR_THE_END: u8 = 16;

/// An event of a [`QueryStream`](super::QueryStream).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum QueryStreamEvent {
    /// The next piece of the answer, never empty.
    Delta {
        /// The text to append.
        content: String,
    },
    /// The whole answer and what it was made from. The last event, once.
    Done(Box<QueryResult>),
}

pub(super) struct Events {
    /// `None` once the stream has ended.
    source: Option<Source>,
    /// The deltas so far.
    answer: String,
    /// The last event, while the end of the body is looked for.
    last: Option<Last>,
    content_type: Option<String>,
    max_answer_bytes: usize,
    api_key: ApiKey,
}

struct Last {
    result: Box<QueryResult>,
    looks_left: u8,
}

enum Source {
    Events(Body, BlockSplitter),
    /// One JSON object, from a server that does not stream.
    Json(Body, Vec<u8>),
}

impl Source {
    /// The next frame, or `None` at the end of the body.
    fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
        limit: usize,
    ) -> Poll<Option<Result<Result<Frame, Malformed>, BodyFault>>> {
        match self {
            Self::Json(body, read) => {
                body.poll_whole(context, limit, read).map_ok(|()| Frame::read_whole(read)).map(Some)
            }
            Self::Events(body, blocks) => loop {
                if let Some(data) = blocks.next() {
                    return Poll::Ready(Some(data.map(Frame::read)));
                }
                match ready!(Pin::new(&mut *body).poll_next(context)) {
                    Some(Ok(chunk)) => blocks.feed(chunk),
                    Some(Err(fault)) => return Poll::Ready(Some(Err(fault))),
                    None => return Poll::Ready(None),
                }
            },
        }
    }
}

impl Events {
    pub(super) fn new(body: OpenBody, headers: &HeaderMap, settings: &Settings, longest_silence: Duration) -> Self {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = Body::new(body, longest_silence);
        let source = match content_type.as_deref().is_some_and(is_json) {
            true => Source::Json(body, Vec::new()),
            false => Source::Events(body, BlockSplitter::new(settings.max_response_bytes)),
        };
        Self {
            source: Some(source),
            answer: String::new(),
            last: None,
            content_type,
            max_answer_bytes: settings.max_response_bytes,
            api_key: settings.api_key.clone(),
        }
    }

    pub(super) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<QueryStreamEvent, EngramError>>> {
        let event = ready!(self.poll_event(context));
        if !matches!(event, Some(Ok(QueryStreamEvent::Delta { .. }))) {
            self.source = None;
        }
        Poll::Ready(event)
    }

    /// Ends the stream where it is, and closes its connection.
    #[cfg(feature = "blocking")]
    pub(super) fn end(&mut self) {
        (self.source, self.last) = (None, None);
    }

    pub(super) fn have_ended(&self) -> bool {
        self.source.is_none() && self.last.is_none()
    }

    /// The next event or failure, before it is noted that either may be the last.
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<QueryStreamEvent, EngramError>>> {
        loop {
            if let Some(last) = self.last.take() {
                return self.poll_end(context, last);
            }
            let Some(source) = &mut self.source else { return Poll::Ready(None) };
            let frame = match ready!(source.poll_frame(context, self.max_answer_bytes)) {
                Some(Ok(frame)) => frame,
                Some(Err(fault)) => return Poll::Ready(Some(Err(fault.into_error()))),
                None => return Poll::Ready(Some(Err(self.without_final_frame()))),
            };
            if let Some(event) = self.event(frame) {
                return Poll::Ready(Some(event));
            }
        }
    }

    /// What a frame means to the caller, if anything.
    fn event(&mut self, frame: Result<Frame, Malformed>) -> Option<Result<QueryStreamEvent, EngramError>> {
        match frame {
            // There is no second frame.
            Ok(Frame::Delta(_) | Frame::Ignored) if matches!(self.source, Some(Source::Json(..))) => {
                Some(Err(self.without_final_frame()))
            }
            Ok(Frame::Delta(content)) if content.len() > self.max_answer_bytes - self.answer.len() => {
                Some(Err(BodyFault::TooLarge(self.max_answer_bytes).into_error()))
            }
            Ok(Frame::Delta(content)) => {
                self.answer.push_str(&content);
                Some(Ok(QueryStreamEvent::Delta { content }))
            }
            Ok(Frame::Final(frame)) => {
                let result = Box::new(assemble(*frame, std::mem::take(&mut self.answer)));
                self.last = Some(Last { result, looks_left: LOOKS_FOR_THE_END });
                None
            }
            Ok(Frame::Error(error)) => Some(Err(self.reported(error))),
            Ok(Frame::Sentinel) => Some(Err(self.without_final_frame())),
            Ok(Frame::Ignored) => None,
            Err(malformed) => Some(Err(self.malformed(&malformed))),
        }
    }

    /// Hands out the last event. The connection can be used again only if the body is read to its end, which is usually on its way:
    /// it is looked for a few times, giving way to the task that reads the connection, but never waited for.
    fn poll_end(
        &mut self,
        context: &mut Context<'_>,
        mut last: Last,
    ) -> Poll<Option<Result<QueryStreamEvent, EngramError>>> {
        while let Some(source @ Source::Events(..)) = &mut self.source
            && last.looks_left > 0
        {
            last.looks_left -= 1;
            match source.poll_frame(context, self.max_answer_bytes) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(_) => break,
                Poll::Pending => {
                    self.last = Some(last);
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Some(Ok(QueryStreamEvent::Done(last.result))))
    }

    fn without_final_frame(&self) -> EngramError {
        let content_type = self.content_type.as_deref().unwrap_or("none");
        let content_type = one_line(&self.api_key.redact(content_type));
        let message =
            format!("it ended without its final frame, so the answer is incomplete (content type: {content_type})");
        EngramError::stream(ErrorDetail::new(message, Effect::Done).retryable(true))
    }

    fn reported(&self, error: Value) -> EngramError {
        let body = ErrorBody::from(self.api_key.redact_json(error));
        let said = body.message().unwrap_or_else(|| "an error without a message".to_owned());
        let detail = ErrorDetail::new(format!("the server reported: {said}"), Effect::Done);
        EngramError::stream(detail.retryable(true).with_body(body))
    }

    fn malformed(&self, malformed: &Malformed) -> EngramError {
        let problem = one_line(&self.api_key.redact(&malformed.to_string()));
        EngramError::stream(ErrorDetail::new(format!("a frame is malformed: {problem}"), Effect::Done))
    }
}

/// The whole answer. Where the final frame does not repeat it, the deltas make it up.
fn assemble(frame: QueryFinalFrame, deltas: String) -> QueryResult {
    let QueryFinalFrame { success, answer, answer_json, memories_found, explanation, usage, synthesis_usage, extra } =
        frame;
    let answer = answer.filter(|answer| !answer.is_empty()).unwrap_or(deltas);
    QueryResult { success, answer, answer_json, memories_found, explanation, usage, synthesis_usage, extra }
}
