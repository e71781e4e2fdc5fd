//! Why a tool did not do what it was asked to.

use std::error::Error;
use std::fmt;

use lumetra_engram::{Effect, EngramError};

/// Why a call failed. `Display` is what to tell the model: it says what to do instead, holds no secret, and is one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum ToolError {
    /// There is no tool of this name, or it is not offered: see [`read_only`](crate::MemoryTools::read_only) and
    /// [`allow_clear`](crate::MemoryTools::allow_clear). Nothing was sent.
    UnknownTool(String),
    /// The arguments don't fit the tool's schema, or ask for what these tools may not do. Nothing was sent.
    Arguments(String),
    /// The memory failed.
    Memory(EngramError),
    /// The memory failed, and the tool is one that changes nothing.
    Reading(EngramError),
}

impl fmt::Display for ToolError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTool(text) | Self::Arguments(text) => formatter.write_str(text),
            Self::Memory(error) => write!(formatter, "{error}. {}", advice(error, error.effect())),
            Self::Reading(error) => write!(formatter, "{error}. {}", advice(error, Effect::None)),
        }
    }
}

/// What a model can do about it, or tell its user.
fn advice(error: &EngramError, effect: Effect) -> String {
    if error.is_byok_required() {
        return "No answer can be written without a model key. Use recall_memories, which doesn't need one, and tell the user to add a key at \
                https://lumetra.io/models, or, if the memory is on a server of their own, to set one there as this error says."
            .to_owned();
    }
    if error.is_unauthorized() {
        return "Tell the user to check the Engram API key. Do not try again.".to_owned();
    }
    if error.is_rate_limited() {
        let wait = error
            .retry_after()
            .map_or_else(|| "a few seconds".to_owned(), |wait| format!("{} s", wait.as_secs().max(1)));
        return format!("Try again in {wait}, with fewer calls at once.");
    }
    if error.is_not_found() {
        return "Check the id and the bucket: storing a fact creates a bucket, list_buckets shows the existing ones, and list_memories or recall_memories the ids.".to_owned();
    }
    match (error, effect) {
        (EngramError::InvalidRequest(_), _) => "Nothing was sent: correct the arguments.".to_owned(),
        (_, Effect::Unknown) => {
            "It may have taken effect: check with list_memories or recall_memories before you try again.".to_owned()
        }
        (_, Effect::Done) => "It took effect: do not repeat it.".to_owned(),
        (_, Effect::None) if error.is_retryable() => "Nothing was changed: try again later.".to_owned(),
        (_, Effect::None) => "Nothing was changed.".to_owned(),
    }
}

impl ToolError {
    pub(crate) fn of_a_tool_that_changes_nothing(self) -> Self {
        match self {
            Self::Memory(error) => Self::Reading(error),
            other => other,
        }
    }
}

impl Error for ToolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // The error's own text is in this one's.
            Self::Memory(error) | Self::Reading(error) => error.source(),
            Self::UnknownTool(_) | Self::Arguments(_) => None,
        }
    }
}

impl From<EngramError> for ToolError {
    fn from(error: EngramError) -> Self {
        Self::Memory(error)
    }
}
