//! What a model is asked.

use std::num::NonZeroU32;

use serde::Serialize;
use serde_json::{Value, json};

/// Two messages, and what is to be written.
#[derive(Clone, Debug)]
pub(crate) struct ChatRequest {
    pub(crate) system: String,
    pub(crate) user: String,
    /// The model's own limit where it is `None`.
    pub(crate) max_tokens: Option<NonZeroU32>,
    pub(crate) output: Output,
}

/// What is to be written.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    Text,
    /// JSON, which the schema describes. The messages must ask for it too: not every endpoint can be held to a schema.
    Json(Option<Value>),
}

impl Output {
    pub(super) fn response_format(&self) -> Option<Value> {
        match self {
            Self::Text => None,
            Self::Json(None) => Some(json!({"type": "json_object"})),
            Self::Json(Some(schema)) => {
                Some(json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}))
            }
        }
    }
}

/// The body of a request.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    pub(super) model: &'a str,
    pub(super) messages: [Message<'a>; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_tokens: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_completion_tokens: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_format: Option<Value>,
    pub(super) stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
pub(super) struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
pub(super) struct StreamOptions {
    pub(super) include_usage: bool,
}

impl<'a> Message<'a> {
    pub(super) fn system(content: &'a str) -> Self {
        Self { role: "system", content }
    }

    pub(super) fn user(content: &'a str) -> Self {
        Self { role: "user", content }
    }
}
