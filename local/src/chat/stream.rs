//! Reading what a model writes, while it writes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, try_unfold};
use futures_util::{FutureExt, StreamExt};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use sse_stream::{Error, SseByteStream};
use tokio::task::yield_now;

use super::ChatError;
use super::patience::Patience;
use super::questions::Asked;
use super::text::AnswerText;
use super::wire::{Chunk, Finish, Usage};
use crate::endpoint::Endpoint;

/// Between two pieces of an answer. A comment, by which an endpoint says that it is still there, is a piece too.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);
/// No answer is as large, in bytes: each word of a stream comes in a few hundred of them.
const LARGEST_BODY: usize = 32 * 1024 * 1024;
const SENTINEL: &str = "[DONE]";

/// A piece of what a model writes.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Text of the answer, never empty.
    Text(String),
    /// The end of the answer, which has some text. Nothing follows.
    End(End),
}

/// How an answer ended.
#[derive(Debug)]
pub(crate) struct End {
    /// The model stopped at its limit of tokens, before it was done.
    pub(crate) cut: bool,
    /// What the endpoint counted, where it did.
    pub(crate) usage: Option<Usage>,
}

/// An answer that is being written. Dropping it closes the connection, upon which endpoints stop to write.
pub(crate) struct ChatStream {
    endpoint: Arc<Endpoint>,
    source: Source,
    text: AnswerText,
    has_text: bool,
    finish: Option<Finish>,
    usage: Option<Usage>,
    /// Held until it is written.
    _asked: Option<Asked>,
}

enum Source {
    Events(SseByteStream<BoxStream<'static, Result<Bytes, ChatError>>>),
    /// One JSON object, which was asked for or comes from an endpoint that does not stream.
    Whole(Option<Response>, Patience),
    Ended,
}

impl ChatStream {
    /// The response, of which something must come before the end of the patience.
    pub(super) fn new(endpoint: Arc<Endpoint>, response: Response, patience: Patience) -> Self {
        let content_type = response.headers().get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
        let is_json = content_type.is_some_and(|value| value.starts_with(b"application/json"));
        let source = if is_json {
            Source::Whole(Some(response), patience)
        } else {
            Source::Events(SseByteStream::new(bytes(Arc::clone(&endpoint), response, patience)))
        };
        Self { endpoint, source, text: AnswerText::default(), has_text: false, finish: None, usage: None, _asked: None }
    }

    /// The answer to this question.
    pub(super) fn of(self, asked: Asked) -> Self {
        Self { _asked: Some(asked), ..self }
    }

    /// The next piece. After the end, or an error, there is none to ask for.
    pub(crate) async fn next(&mut self) -> Result<Piece, ChatError> {
        loop {
            let Some(chunk) = self.chunk().await? else {
                self.source = Source::Ended;
                return self.end();
            };
            let (text, finish) = chunk.read().map_err(|words| self.failed_with(&words))?;
            self.finish = finish.or(self.finish);
            self.usage = chunk.usage.or_else(|| self.usage.take());
            let text = self.text.push(&text);
            if !text.is_empty() {
                self.has_text = true;
                return Ok(Piece::Text(text));
            }
            // An endpoint may send nothing but white space, faster than it is read.
            yield_now().await;
        }
    }

    /// `None` at the end of a whole answer.
    async fn chunk(&mut self) -> Result<Option<Chunk>, ChatError> {
        match &mut self.source {
            Source::Whole(response, patience) => {
                let Some(response) = response.take() else { return Ok(None) };
                let body = patience.wait(&self.endpoint, self.endpoint.body(response, LARGEST_BODY)).await?;
                let chunk = parse(&self.endpoint, &body)?;
                if chunk.is_completion() {
                    self.finish = self.finish.or(Some(Finish::Complete));
                }
                Ok(Some(chunk))
            }
            Source::Events(events) => loop {
                match events.next().await {
                    Some(Ok(event)) => match event.data.as_deref().map(str::trim) {
                        Some(SENTINEL) => {
                            self.finish = self.finish.or(Some(Finish::Complete));
                            // The connection can be used again if its body is read to the end, which is usually there.
                            let _ = events.next().now_or_never();
                            return Ok(None);
                        }
                        Some(data) if !data.is_empty() => return parse(&self.endpoint, data.as_bytes()).map(Some),
                        _ => yield_now().await,
                    },
                    None => return Ok(None),
                    // The answer is there, whatever became of the rest.
                    Some(Err(_)) if self.finish.is_some() => return Ok(None),
                    Some(Err(error)) => return Err(self.broken(error)),
                }
            },
            Source::Ended => Ok(None),
        }
    }

    /// The last piece of the text, then the end.
    fn end(&mut self) -> Result<Piece, ChatError> {
        let Some(finish) = self.finish else {
            return Err(self.failed("broke off its answer, or did not return a chat completion"));
        };
        let rest = self.text.finish();
        if !rest.is_empty() {
            self.has_text = true;
            return Ok(Piece::Text(rest));
        }
        match (self.has_text, finish) {
            (true, _) => Ok(Piece::End(End { cut: finish == Finish::Cut, usage: self.usage.take() })),
            (false, Finish::Complete) => Err(self.failed("returned an empty response")),
            (false, Finish::Cut) => {
                Err(self.failed("reached its token limit before it wrote an answer; use a larger max_tokens"))
            }
        }
    }

    fn broken(&self, error: Error) -> ChatError {
        match error {
            Error::Body(cause) => match cause.downcast::<ChatError>() {
                Ok(error) => *error,
                Err(cause) => self.failed(format!("broke off its answer ({cause})")),
            },
            error => self.failed(format!("did not return a stream of events ({error})")),
        }
    }

    fn failed_with(&self, words: &str) -> ChatError {
        self.failed(format!("failed while it answered{}", self.endpoint.words(words.as_bytes())))
    }

    fn failed(&self, problem: impl std::fmt::Display) -> ChatError {
        ChatError::Failed(self.endpoint.problem(problem))
    }
}

/// The bytes of the response, until it is silent for too long, or says too much.
fn bytes(
    endpoint: Arc<Endpoint>,
    response: Response,
    patience: Patience,
) -> BoxStream<'static, Result<Bytes, ChatError>> {
    let state = (endpoint, response, patience, LARGEST_BODY);
    try_unfold(state, |(endpoint, mut response, patience, left)| async move {
        let piece = patience.wait(&endpoint, endpoint.piece(&mut response)).await?;
        let Some(piece) = piece else { return Ok(None) };
        let left = left.checked_sub(piece.len()).ok_or_else(|| endpoint.too_large(LARGEST_BODY))?;
        Ok(Some((piece, (endpoint, response, Patience::of(LONGEST_SILENCE), left))))
    })
    .boxed()
}

fn parse(endpoint: &Endpoint, json: &[u8]) -> Result<Chunk, ChatError> {
    serde_json::from_slice(json).map_err(|error| {
        ChatError::Failed(endpoint.problem(format_args!("did not return a chat completion ({error})")))
    })
}
