//! Details of a failure other than an error response.

use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;

use super::body::ErrorBody;

/// Whether a failed call took effect on the server: whether the fact is stored, or the memory deleted. From
/// [`EngramError::effect`](super::EngramError::effect).
///
/// Exhaustive on purpose, so that your `match` needs no wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums)]
pub enum Effect {
    /// It did not: nothing was sent, or the server refused it. Sending it again is safe.
    None,
    /// It is not known, for example because the connection broke before a response came.
    Unknown,
    /// It did: the server accepted the call (2xx), but its response was unusable.
    Done,
}

impl Effect {
    /// The effect of an attempt that got this error status. A gateway that responds with 408 or a 5xx doesn't know what became of the
    /// request.
    pub(crate) fn of_error_status(status: StatusCode) -> Self {
        let is_unknown = status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT;
        if is_unknown { Self::Unknown } else { Self::None }
    }
}

/// Details of a failure other than an error response.
///
/// Build one with [`new`](Self::new) to test how your code handles an [`EngramError`](super::EngramError).
#[derive(Debug)]
pub struct ErrorDetail {
    pub(super) message: String,
    pub(super) effect: Effect,
    pub(super) retryable: bool,
    pub(super) connecting: bool,
    pub(super) status: Option<StatusCode>,
    pub(super) body: Option<ErrorBody>,
    pub(super) source: Option<Box<dyn StdError + Send + Sync>>,
}

impl ErrorDetail {
    /// A detail with this message, one line, of a call with this effect. Such an error is retryable unless the call took effect.
    ///
    /// ```
    /// use lumetra_engram::{Effect, EngramError, ErrorDetail};
    ///
    /// let error = EngramError::Timeout(Box::new(ErrorDetail::new("no response within 30s", Effect::Unknown)));
    /// assert!(error.is_timeout() && error.is_retryable());
    /// ```
    pub fn new(message: impl Into<String>, effect: Effect) -> Self {
        let retryable = effect != Effect::Done;
        Self { message: message.into(), effect, retryable, connecting: false, status: None, body: None, source: None }
    }

    /// What went wrong and what to do, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// Whether it happened while a connection was made.
    pub(crate) fn connecting(mut self, connecting: bool) -> Self {
        self.connecting = connecting;
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn with_body(mut self, body: ErrorBody) -> Self {
        self.body = Some(body);
        self
    }

    /// The cause, where the message does not repeat what it says.
    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for ErrorDetail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}
