//! Answers that a model writes: whole, or while it writes them.

use axum::Json;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::task::spawn_blocking;

use crate::answer::Writing;
use crate::chat::{Chat, ChatStream, Completion, Piece};
use crate::http::error::ApiError;
use crate::http::sse::{Event, in_words};

pub(super) async fn whole(chat: &Chat, writing: Writing) -> Result<Response, ApiError> {
    let completion = match writing.request() {
        Some(request) => Some(chat.whole(request).await?),
        None => None,
    };
    // It can be long.
    let response = spawn_blocking(move || match completion {
        Some(Completion { text, end }) => Json(writing.written(text, end)).into_response(),
        None => Json(writing.nothing_found()).into_response(),
    });
    response.await.map_err(|_| ApiError::internal())
}

/// What comes to nothing before its first piece is an error, and no stream.
pub(super) async fn streamed(chat: &Chat, writing: Writing) -> Result<BoxStream<'static, Event>, ApiError> {
    let Some(request) = writing.request() else { return Ok(in_words(writing.nothing_found()).boxed()) };
    let mut stream = chat.stream(request).await?;
    let first = stream.next().await?;
    let answer = Answer { stream, next: Some(first), text: String::new(), writing: Some(writing) };
    Ok(stream::unfold(answer, |mut answer| async { Some((answer.next().await?, answer)) }).boxed())
}

/// An answer that is being written.
struct Answer {
    stream: ChatStream,
    /// The first piece, which has been waited for.
    next: Option<Piece>,
    text: String,
    /// `None` once it has ended.
    writing: Option<Writing>,
}

impl Answer {
    async fn next(&mut self) -> Option<Event> {
        self.writing.as_ref()?;
        let piece = match self.next.take() {
            Some(piece) => Ok(piece),
            None => self.stream.next().await,
        };
        match piece {
            Ok(Piece::Text(text)) => {
                self.text.push_str(&text);
                Some(Event::Delta(text))
            }
            Ok(Piece::End(end)) => {
                let result = self.writing.take()?.written(std::mem::take(&mut self.text), end);
                Some(Event::Done(Box::new(result)))
            }
            Err(error) => {
                self.writing = None;
                Some(Event::Failed(ApiError::from(error).message().to_owned()))
            }
        }
    }
}
