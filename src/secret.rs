//! What must not be shown: the API key, and the values of headers and parameters that may hold one.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

/// The shortest key that is looked for in a server's texts, in bytes. Keys of the service are longer.
const SHORTEST_SECRET: usize = 8;

/// Stands for the key in a text that repeated it.
const REDACTED: &str = "[API key]";

/// An API key. It is never shown: its `Debug` is `[API key]`, and it has no `Display`.
#[derive(Clone)]
pub(crate) struct ApiKey(String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REDACTED)
    }
}

impl ApiKey {
    pub(crate) fn new(key: &str) -> Self {
        Self(key.trim().to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a server's text repeats the key. A key of a few letters, as in a test, is no secret, and is a part of harmless words.
    pub(crate) fn occurs_in(&self, text: &str) -> bool {
        self.0.len() >= SHORTEST_SECRET && text.contains(&self.0)
    }

    /// The text without an end that may be the beginning of the key.
    pub(crate) fn without_its_beginning_at_the_end<'a>(&self, text: &'a str) -> &'a str {
        let longest = (1..=self.0.len()).rev().filter_map(|length| self.0.get(..length));
        longest.filter_map(|beginning| text.strip_suffix(beginning)).next().unwrap_or(text)
    }

    /// A server's text without the key, which a careless server may repeat.
    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.occurs_in(text) { Cow::Owned(text.replace(&self.0, REDACTED)) } else { Cow::Borrowed(text) }
    }

    /// The value without the key, in texts and in names. JSON has several ways to write a text, so this is done after parsing.
    pub(crate) fn redact_json(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact(&text).into_owned()),
            Value::Array(elements) => elements.into_iter().map(|element| self.redact_json(element)).collect(),
            Value::Object(members) => {
                let redact =
                    |(name, value): (String, Value)| (self.redact(&name).into_owned(), self.redact_json(value));
                members.into_iter().map(redact).collect()
            }
            other => other,
        }
    }
}

/// A string that `Debug` hides.
#[derive(Clone)]
pub(crate) struct Hidden(String);

impl Hidden {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[hidden]")
    }
}
