//! Why there is no vector.

/// Each message says what happened and, where it can be known, what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum EmbedError {
    /// It may pass: the endpoint is down or busy, or refuses the key or the model.
    #[error("{0}")]
    Unavailable(String),
    /// These texts are refused. Others may not be.
    #[error("{0}")]
    Refused(String),
}
