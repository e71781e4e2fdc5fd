//! [`Mismatch`]: where a request or a response is not what the spec says.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// A request.
    Request,
    /// A response with this status.
    Response(u16),
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => formatter.write_str("request"),
            Self::Response(status) => write!(formatter, "response {status}"),
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
    /// Where it is and what is wrong, with a path from the root of the message: `/body/options/top_k`, `/query/limit`,
    /// `/headers/retry-after`, `/frames/3/answer`.
    #[serde(flatten)]
    pub finding: Finding,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.operation, self.message, self.finding)
    }
}

impl std::error::Error for Mismatch {}

/// What is wrong with a value, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A JSON Pointer.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.problem)
    }
}

impl Finding {
    pub(crate) fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }

    pub(crate) fn of(self, operation: &str, message: Message) -> Mismatch {
        Mismatch { operation: operation.to_owned(), message, finding: self }
    }
}

/// The same findings, deeper in a message.
pub(crate) fn below(prefix: &str, findings: Vec<Finding>) -> impl Iterator<Item = Finding> {
    findings.into_iter().map(move |finding| Finding { path: format!("{prefix}{}", finding.path), ..finding })
}

/// A path with one more segment.
pub(crate) fn child(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}
