//! The body of an error response, and what can be read off it.

use std::fmt;

use serde_json::Value;

use super::text::one_line;
use crate::secret::ApiKey;

/// How much of an error's body is kept, in bytes.
pub(crate) const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// The body of a response that is not a success.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ErrorBody {
    /// The body was JSON.
    Json(Value),
    /// The body was something else, such as the HTML page of a gateway. Bytes that are not UTF-8 are replaced.
    Text(String),
}

impl From<Value> for ErrorBody {
    fn from(body: Value) -> Self {
        Self::Json(body)
    }
}

/// A text that is JSON becomes [`ErrorBody::Json`], as it would from the wire.
impl From<&str> for ErrorBody {
    fn from(body: &str) -> Self {
        serde_json::from_str(body).map_or_else(|_| Self::Text(body.to_owned()), Self::Json)
    }
}

impl From<String> for ErrorBody {
    fn from(body: String) -> Self {
        body.as_str().into()
    }
}

impl fmt::Display for ErrorBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(body) => body.fmt(formatter),
            Self::Text(body) => body.fmt(formatter),
        }
    }
}

impl ErrorBody {
    /// The body as it came, without the key.
    pub(crate) fn parse(body: &[u8], key: &ApiKey) -> Self {
        if let Ok(json) = serde_json::from_slice(body) {
            return Self::Json(key.redact_json(json));
        }
        let text = String::from_utf8_lossy(body);
        let text = key.redact(&text);
        // The end of a body that was cut may be the beginning of the key.
        let shown = if body.len() < ERROR_BODY_LIMIT { &text } else { key.without_its_beginning_at_the_end(&text) };
        Self::Text(shown.to_owned())
    }

    /// The server's own words: the first text under the usual names, or a short text body that is no markup.
    pub(crate) fn message(&self) -> Option<String> {
        let text = match self {
            Self::Json(body) => find_message(body)?,
            Self::Text(body) if body.trim_start().starts_with('<') => return None,
            Self::Text(body) => body,
        };
        Some(one_line(text)).filter(|line| !line.is_empty())
    }

    pub(crate) fn code(&self) -> Option<String> {
        let Self::Json(body) = self else { return None };
        find_code(body).or_else(|| body.get("error")?.as_str().filter(|text| is_code(text))).map(str::to_owned)
    }

    /// Whether one of these words, in lower case, is anywhere in the body.
    pub(crate) fn mentions(&self, words: &[&str]) -> bool {
        let text = self.to_string().to_lowercase();
        words.iter().any(|word| text.contains(word))
    }
}

/// The code in the body of an error.
pub(crate) fn code_in(body: &[u8]) -> Option<String> {
    ErrorBody::Json(serde_json::from_slice(body).ok()?).code()
}

fn find_message(body: &Value) -> Option<&str> {
    match body {
        Value::String(text) => Some(text),
        Value::Array(elements) => elements.iter().find_map(find_message),
        Value::Object(members) => {
            let names = ["error", "message", "detail", "msg", "code"];
            names.iter().filter_map(|name| members.get(*name)).find_map(find_message)
        }
        _ => None,
    }
}

/// The first text under the name `code`, here or in a nested object.
fn find_code(body: &Value) -> Option<&str> {
    let members = body.as_object()?;
    let own = members.get("code").and_then(Value::as_str);
    own.or_else(|| members.values().find_map(find_code))
}

/// Whether a text is a code such as `BYOK_REQUIRED` rather than a sentence.
fn is_code(text: &str) -> bool {
    let in_one_word = text.chars().all(|character| character.is_ascii_alphanumeric() || "_-.".contains(character));
    in_one_word
        && (text.contains('_')
            || text.chars().any(|character| character.is_ascii_uppercase()) && text == text.to_uppercase())
}
