//! [`Mismatch`]: where a request or an answer is not what the spec says.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// A request.
    Request,
    /// An answer with this status.
    Answer(u16),
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => formatter.write_str("request"),
            Self::Answer(status) => write!(formatter, "answer {status}"),
        }
    }
}

/// One thing that the spec says otherwise, printed as one line. No text of the message is in it, so that no key is either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The operation's id, or the method and the path where the spec has none for them.
    pub operation: String,
    /// Which message it is in.
    pub message: Message,
    /// Where in the message, as a JSON Pointer into all of it: `/body/options/top_k`, `/query/limit`, `/headers/retry-after`,
    /// `/frames/3/answer`.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

impl Mismatch {
    /// The message and the place in it: `answer 200 /body/id`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{} {}", self.message, self.path)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.operation, self.place(), self.problem)
    }
}

impl std::error::Error for Mismatch {}

/// What is wrong in a message, before it is known in which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) problem: String,
}

impl Finding {
    pub(crate) fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }

    /// The same, deeper in a message.
    pub(crate) fn below(self, prefix: &str) -> Self {
        Self { path: format!("{prefix}{}", self.path), ..self }
    }

    pub(crate) fn of(self, operation: &str, message: Message) -> Mismatch {
        Mismatch { operation: operation.to_owned(), message, path: self.path, problem: self.problem }
    }
}

/// A path with one more segment.
pub(crate) fn child(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}
