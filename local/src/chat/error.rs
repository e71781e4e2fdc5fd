//! Why a model wrote nothing, or not all of it.

use crate::endpoint::Failure;

/// Each message says what happened and, where it can be known, what to do. None holds the endpoint's API key.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ChatError {
    /// The endpoint wants an API key, or another one.
    #[error("{0}")]
    NeedsKey(String),
    /// No request gets to the endpoint.
    #[error("{0}")]
    Unreachable(String),
    /// The endpoint said nothing for too long.
    #[error("{0}")]
    Timeout(String),
    /// The endpoint refused, or failed, or what it wrote is no answer.
    #[error("{0}")]
    Failed(String),
}

impl ChatError {
    /// What happened, without the words of the endpoint, which may repeat what it was asked.
    pub(crate) fn without_words(&self) -> &'static str {
        match self {
            Self::NeedsKey(_) => "the endpoint requires an API key, or a different one",
            Self::Unreachable(_) => "the endpoint cannot be reached",
            Self::Timeout(_) => "the endpoint does not respond",
            Self::Failed(_) => "the endpoint or its model fails",
        }
    }
}

impl From<Failure> for ChatError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(problem) => Self::Unreachable(problem),
            Failure::Broken(problem) => Self::Failed(problem),
        }
    }
}
