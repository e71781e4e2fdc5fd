//! [`EngramError`]: every failure of a call.

#[cfg(feature = "schemars")]
mod answer;
mod api;
mod body;
mod detail;
mod text;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

#[cfg(feature = "schemars")]
pub use answer::AnswerError;
pub use api::ApiError;
pub(crate) use api::{is_spent, request_id};
pub use body::ErrorBody;
pub(crate) use body::{ERROR_BODY_LIMIT, code_in};
pub use detail::{Effect, ErrorDetail};
pub(crate) use text::{is_json, one_line, root_cause};

/// Why a call failed.
///
/// `Display` is one short line without secrets, such as `Engram API 412: BYOK not configured`, that says why;
/// [`source`](StdError::source) is there only if it adds to that. [`effect`](Self::effect) says whether the call took effect, and
/// [`is_retryable`](Self::is_retryable) whether sending it again may help.
///
/// ```
/// use lumetra_engram::{Effect, EngramError};
///
/// fn advice(error: &EngramError) -> &'static str {
///     match error.effect() {
///         _ if error.is_unauthorized() => "check the API key",
///         _ if error.is_byok_required() => "add a model provider's key to the account",
///         Effect::None if error.is_retryable() => "try again later",
///         Effect::Unknown => "check what is stored, then try again",
///         Effect::Done => "it took effect; only the response was unusable",
///         Effect::None => "see the error",
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum EngramError {
    /// The client cannot be built from these settings. Nothing was sent.
    Config(Box<ErrorDetail>),
    /// The request cannot be sent as it is, such as one for a bucket without a name. Nothing was sent.
    InvalidRequest(Box<ErrorDetail>),
    /// The server responded, and not with a success.
    Api(Box<ApiError>),
    /// No response, or no whole one, within the time allowed. [`effect`](EngramError::effect) says whether the call took effect.
    Timeout(Box<ErrorDetail>),
    /// No response, because the connection could not be made ([`is_connect`](EngramError::is_connect)) or broke.
    Transport(Box<ErrorDetail>),
    /// The server accepted the call (2xx), but its response cannot be read. What was to be stored or deleted is.
    Decode(Box<ErrorDetail>),
    /// A streamed answer broke off, or the server reported an error in it. What came before is not a whole answer.
    Stream(Box<ErrorDetail>),
    /// The answer came, but is not of the type that was asked for with `json`. The answer itself is in the error. With the feature
    /// `schemars` only.
    #[cfg(feature = "schemars")]
    Answer(Box<AnswerError>),
}

impl EngramError {
    /// The HTTP status, if a response came: that of the error for [`Api`](EngramError::Api), a 2xx if the server had accepted the call
    /// and its response could not be read.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            _ => self.detail()?.status,
        }
    }

    /// The code for programs that the API sent, such as `BYOK_REQUIRED`. It is looked for in `code`, in nested objects and in
    /// `error`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.code.as_deref(),
            _ => None,
        }
    }

    /// The body of the error: of the response for [`Api`](EngramError::Api), of the error frame for
    /// [`Stream`](EngramError::Stream).
    pub fn body(&self) -> Option<&ErrorBody> {
        match self {
            Self::Api(error) => Some(&error.body),
            _ => self.detail()?.body.as_ref(),
        }
    }

    /// The wait that the server asked for, which may be longer than the client's longest wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after,
            _ => None,
        }
    }

    /// Whether the call took effect on the server, over all its attempts.
    ///
    /// - [`Effect::None`]: nothing was sent, or the server refused the call (3xx and 4xx, but 408) or said over HTTP/2 that it did not
    ///   process it.
    /// - [`Effect::Unknown`]: the request was sent, and no response came, or a 408 or a 5xx, with which a gateway speaks for a server
    ///   that may still do its work.
    /// - [`Effect::Done`]: the server accepted the call (2xx), and its response could not be read or broke off.
    pub fn effect(&self) -> Effect {
        match self {
            Self::Api(error) => error.effect,
            _ => self.detail().map_or(Effect::Unknown, |detail| detail.effect),
        }
    }

    /// Whether the same call may succeed when it is sent again later: after a timeout, a connection that failed or broke, 408, 429, and 5xx
    /// but 501 and 505. It doesn't say that sending it again is harmless: see [`effect`](Self::effect).
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => error.is_retryable(),
            Self::Config(_) | Self::InvalidRequest(_) => false,
            _ => self.detail().is_some_and(|detail| detail.retryable),
        }
    }

    /// The API key is missing or not valid (401).
    pub fn is_unauthorized(&self) -> bool {
        self.is_api(StatusCode::UNAUTHORIZED)
    }

    /// The bucket or memory does not exist (404). False if the 404 comes from a web server or framework without such a route, as at a
    /// wrong base URL; a 404 that does not say which counts as a missing bucket or memory.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api(error) if error.is_not_found())
    }

    /// What was to be created already exists (409).
    pub fn is_conflict(&self) -> bool {
        self.is_api(StatusCode::CONFLICT)
    }

    /// Too many requests are in flight, and all retries were refused too (429).
    pub fn is_rate_limited(&self) -> bool {
        self.is_api(StatusCode::TOO_MANY_REQUESTS)
    }

    /// The account has no key of a model provider, which the call needs (412, `BYOK_REQUIRED`). Keys are added at
    /// <https://lumetra.io/models>.
    pub fn is_byok_required(&self) -> bool {
        matches!(self, Self::Api(error) if error.is_byok_required())
    }

    /// The bucket has no Bucket Profiler agent (412, `BUCKET_PROFILER_NOT_INSTALLED`).
    pub fn is_profiler_not_installed(&self) -> bool {
        matches!(self, Self::Api(error) if error.is_profiler_not_installed())
    }

    /// The time allowed was over.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// The last attempt could not connect. [`effect`](Self::effect) says what earlier ones may have done.
    pub fn is_connect(&self) -> bool {
        self.detail().is_some_and(|detail| detail.connecting)
    }

    fn is_api(&self, status: StatusCode) -> bool {
        matches!(self, Self::Api(error) if error.status == status)
    }

    fn detail(&self) -> Option<&ErrorDetail> {
        match self {
            Self::Api(_) => None,
            Self::Config(detail)
            | Self::InvalidRequest(detail)
            | Self::Timeout(detail)
            | Self::Transport(detail)
            | Self::Decode(detail)
            | Self::Stream(detail) => Some(detail),
            #[cfg(feature = "schemars")]
            Self::Answer(error) => Some(&error.detail),
        }
    }
}

impl fmt::Display for EngramError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Api(error) => return error.fmt(formatter),
            Self::Config(_) => "Engram client configuration",
            Self::InvalidRequest(_) => "invalid Engram request",
            Self::Timeout(_) => "Engram timeout",
            Self::Transport(_) => "Engram connection failed",
            Self::Decode(_) => "Engram response not readable",
            Self::Stream(_) => "Engram stream failed",
            #[cfg(feature = "schemars")]
            Self::Answer(_) => "Engram answer does not fit",
        };
        let message = self.detail().map_or("", ErrorDetail::message);
        write!(formatter, "{kind}: {message}")
    }
}

impl StdError for EngramError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.detail()?.source.as_deref()?)
    }
}

impl From<ApiError> for EngramError {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

// How the rest of the crate makes errors.
impl EngramError {
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::Config(Box::new(ErrorDetail::new(message, Effect::None).retryable(false)))
    }

    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self::InvalidRequest(Box::new(ErrorDetail::new(message, Effect::None).retryable(false)))
    }

    /// A 2xx response that cannot be used.
    pub(crate) fn decode(status: StatusCode, problem: &str) -> Self {
        Self::Decode(Box::new(Self::accepted(status, problem)))
    }

    /// What is said where the server accepted the call, and its response is of no use.
    pub(crate) fn accepted(status: StatusCode, problem: &str) -> ErrorDetail {
        let message = format!(
            "the server accepted the call (HTTP {}), but its response cannot be used: {problem}",
            status.as_u16()
        );
        ErrorDetail::new(message, Effect::Done).with_status(status)
    }

    /// A stream that broke off or makes no sense.
    pub(crate) fn stream(detail: ErrorDetail) -> Self {
        Self::Stream(Box::new(detail))
    }
}
