//! What an endpoint sends: a chat completion, or the chunks of one.

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What the endpoint counted. Its fields are the endpoint's own.
pub(crate) type Usage = Map<String, Value>;

/// A completion, or a chunk of one.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk {
    choices: Option<Vec<Choice>>,
    pub(super) usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    /// Of a chunk.
    delta: Option<Message>,
    /// Of a whole completion.
    message: Option<Message>,
    finish_reason: Option<String>,
}

/// What it thinks, in `reasoning_content` or `reasoning`, is no part of the answer.
#[derive(Debug, Deserialize)]
struct Message {
    content: Option<Content>,
    refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    /// Some endpoints send thoughts and texts so.
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    text: Option<String>,
}

/// How a model came to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Finish {
    Complete,
    /// At its limit of tokens.
    Cut,
}

impl Chunk {
    /// Whether there is anything of a completion in it.
    pub(super) fn is_completion(&self) -> bool {
        self.choices.as_ref().is_some_and(|choices| !choices.is_empty())
    }

    /// What it adds to the answer, and whether that is the end; or what went wrong, as the endpoint says it.
    pub(super) fn read(&self) -> Result<(String, Option<Finish>), String> {
        if let Some(error) = &self.error {
            return Err(json!({ "error": error }).to_string());
        }
        let Some(choice) = self.choices.as_deref().and_then(<[_]>::first) else { return Ok((String::new(), None)) };
        let message = choice.delta.as_ref().or(choice.message.as_ref());
        if let Some(refusal) = message.and_then(|message| message.refusal.as_ref()).filter(|text| !text.is_empty()) {
            return Err(refusal.clone());
        }
        let text = message.and_then(|message| message.content.as_ref()).map(Content::text).unwrap_or_default();
        let reason = choice.finish_reason.as_deref().filter(|reason| !reason.is_empty());
        Ok((text, reason.map(finish).transpose()?))
    }
}

impl Content {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parts(parts) => parts.iter().filter_map(|part| part.text.as_deref()).collect(),
        }
    }
}

fn finish(reason: &str) -> Result<Finish, String> {
    match reason {
        "length" | "max_tokens" | "model_length" => Ok(Finish::Cut),
        "content_filter" | "error" => Err(reason.to_owned()),
        _ => Ok(Finish::Complete),
    }
}
