//! What an endpoint has refused: not all of them know all parts of a request.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use parking_lot::Mutex;
use reqwest::StatusCode;

use super::request::{Body, ChatRequest, Message, StreamOptions};

/// More are not remembered; it is forgotten what they were then.
const MOST_REFUSED: usize = 1000;

/// A part of a request that an endpoint may refuse.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Part {
    /// Newer endpoints have `max_completion_tokens` in its place.
    MaxTokens,
    StreamOptions,
    /// The hash of the format. A format that is refused says nothing of another one.
    ResponseFormat(u64),
}

/// What one endpoint has refused so far.
#[derive(Debug, Default)]
pub(super) struct Dialect(Mutex<HashSet<Part>>);

impl Dialect {
    pub(super) fn refused(&self) -> HashSet<Part> {
        self.0.lock().clone()
    }

    /// To be called when a request without these parts was taken.
    pub(super) fn learn(&self, parts: &[Part]) {
        let mut refused = self.0.lock();
        if refused.len() + parts.len() > MOST_REFUSED {
            refused.clear();
        }
        refused.extend(parts);
    }
}

/// The request, without the parts that were refused.
pub(super) fn body<'a>(model: &'a str, request: &'a ChatRequest, stream: bool, refused: &HashSet<Part>) -> Body<'a> {
    let format = request.output.response_format();
    let format = format.filter(|format| !refused.contains(&Part::ResponseFormat(hash(format))));
    let renamed = refused.contains(&Part::MaxTokens);
    let with_usage = stream && !refused.contains(&Part::StreamOptions);
    Body {
        model,
        messages: [Message::system(&request.system), Message::user(&request.user)],
        max_tokens: request.max_tokens.filter(|_| !renamed),
        max_completion_tokens: request.max_tokens.filter(|_| renamed),
        response_format: format,
        stream,
        stream_options: with_usage.then_some(StreamOptions { include_usage: true }),
    }
}

/// What to leave out of the request that was answered so, to try again. The format is what an endpoint may refuse without naming it: its
/// errors are about what it makes of the schema.
pub(super) fn refused_part(sent: &Body<'_>, status: StatusCode, answer: &[u8]) -> Option<Part> {
    if !matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) {
        return None;
    }
    let answer = String::from_utf8_lossy(answer);
    if sent.max_tokens.is_some() && answer.contains("max_completion_tokens") {
        return Some(Part::MaxTokens);
    }
    if sent.stream_options.is_some() && answer.contains("stream_options") {
        return Some(Part::StreamOptions);
    }
    sent.response_format.as_ref().map(|format| Part::ResponseFormat(hash(format)))
}

fn hash(format: &serde_json::Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    format.to_string().hash(&mut hasher);
    hasher.finish()
}
