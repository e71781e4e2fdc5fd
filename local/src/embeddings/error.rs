//! Why there is no vector.

use std::fmt;

/// Each message says what happened and, where it can be known, what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum EmbedError {
    /// It may pass: the endpoint is down or busy, or refuses the key or the model.
    #[error("{0}")]
    Unavailable(Problem),
    /// These texts are refused. Others may not be.
    #[error("{0}")]
    Refused(Problem),
}

impl EmbedError {
    pub(super) fn unavailable(what: impl Into<String>) -> Self {
        Self::Unavailable(Problem::new(what, ""))
    }

    #[cfg(feature = "model")]
    pub(super) fn refused(what: impl Into<String>) -> Self {
        Self::Refused(Problem::new(what, ""))
    }

    /// What happened, fit for a log and for others than the one who asked.
    pub(crate) fn without_words(self) -> String {
        let (Self::Unavailable(problem) | Self::Refused(problem)) = self;
        problem.what
    }
}

/// What happened, and what the endpoint says of it, which may repeat the text.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    what: String,
    words: String,
}

impl Problem {
    pub(super) fn new(what: impl Into<String>, words: impl Into<String>) -> Self {
        Self { what: what.into(), words: words.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.what, self.words)
    }
}
