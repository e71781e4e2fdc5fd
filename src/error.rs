//! [`EngramError`], and how an HTTP answer becomes one.

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::config::ApiKey;
use crate::response::request_id;
use crate::retry::parse_retry_after;
#[cfg(feature = "schemars")]
use crate::typed::AnswerError;

/// The longest message of the server that a `Display` repeats, in characters.
const MESSAGE_LIMIT: usize = 200;
/// How much of the body of an error is kept, in bytes.
pub(crate) const ERROR_BODY_LIMIT: usize = 64 * 1024;

const BYOK_REQUIRED: &str = "BYOK_REQUIRED";
const PROFILER_NOT_INSTALLED: &str = "BUCKET_PROFILER_NOT_INSTALLED";

/// Why a call failed.
///
/// `Display` is one short line without secrets, such as `Engram API 412: BYOK not configured`; [`source`](StdError::source)
/// leads to the causes.
///
/// ```
/// # use lumetra_engram::EngramError;
/// fn advice(error: &EngramError) -> &'static str {
///     match error {
///         EngramError::Api(_) if error.is_unauthorized() => "check the API key",
///         EngramError::Api(_) if error.is_byok_required() => "add a model provider's key to the account",
///         EngramError::Api(_) if error.is_rate_limited() => "too many calls at once: try again later",
///         EngramError::Timeout(_) | EngramError::Transport(_) => "check the network",
///         _ => "see the error",
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
    /// The server answered, and its answer is not a success.
    Api(Box<ApiError>),
    /// No answer, or no whole answer, within the time allowed. Unless the message says otherwise, it is not known whether the
    /// call took effect.
    Timeout(Box<ErrorDetail>),
    /// No answer, because the connection could not be made or broke. Where it broke after it was made
    /// ([`is_connect`](EngramError::is_connect) is false), it is not known whether the call took effect.
    Transport(Box<ErrorDetail>),
    /// The server accepted the call (the status was 2xx), but its answer cannot be read. What was to be stored or deleted is.
    Decode(Box<ErrorDetail>),
    /// A streamed answer broke off, or the server reported an error in it. What came before is not a whole answer.
    Stream(Box<ErrorDetail>),
    /// The answer came, but is not of the type that was asked for with [`Query::json`](crate::Query::json). The answer itself is in the
    /// error. With the feature `schemars` only.
    #[cfg(feature = "schemars")]
    Answer(Box<AnswerError>),
}

/// What is known of a failure other than an answer of the API.
#[derive(Debug)]
pub struct ErrorDetail {
    message: String,
    status: Option<StatusCode>,
    body: Option<ErrorBody>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// An answer of the API that is not a success.
#[derive(Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The server's own words, in one line, or what stands for them where it had none.
    pub message: String,
    /// The code for programs, such as `BYOK_REQUIRED`, wherever in the body it was.
    pub code: Option<String>,
    /// The body, at most 64 KiB of it, without the API key if the server echoed that.
    pub body: ErrorBody,
    /// The wait that the server asked for (`Retry-After`), as it was sent.
    pub retry_after: Option<Duration>,
    /// How often the request was sent.
    pub attempts: u32,
    /// The server's id of the request, from `x-request-id` or `request-id`, to name in a report to those who run it. Without the API
    /// key if the server echoed that.
    pub request_id: Option<String>,
}

/// The body of an answer that is not a success.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ErrorBody {
    /// The body was JSON.
    Json(Value),
    /// The body was something else, such as the HTML page of a gateway. Bytes that are not UTF-8 are replaced.
    Text(String),
}

impl EngramError {
    /// The HTTP status, if an answer came: that of the error for [`Api`](EngramError::Api), a 2xx where the server had accepted
    /// the call and its answer could not be read.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api(error) => Some(error.status),
            _ => self.detail()?.status.map(|status| status.as_u16()),
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

    /// The body of the error: of the answer for [`Api`](EngramError::Api), of the error frame for
    /// [`Stream`](EngramError::Stream).
    pub fn body(&self) -> Option<&ErrorBody> {
        match self {
            Self::Api(error) => Some(&error.body),
            _ => self.detail()?.body.as_ref(),
        }
    }

    /// The wait that the server asked for, as it was sent: it may be longer than the client's longest wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after,
            _ => None,
        }
    }

    /// The API key is missing or not valid (401).
    pub fn is_unauthorized(&self) -> bool {
        self.is_api(StatusCode::UNAUTHORIZED)
    }

    /// The bucket or memory does not exist (404).
    pub fn is_not_found(&self) -> bool {
        self.is_api(StatusCode::NOT_FOUND)
    }

    /// What was to be made exists already (409).
    pub fn is_conflict(&self) -> bool {
        self.is_api(StatusCode::CONFLICT)
    }

    /// Too many requests are under way at once, and all retries were answered so too (429).
    pub fn is_rate_limited(&self) -> bool {
        self.is_api(StatusCode::TOO_MANY_REQUESTS)
    }

    /// The account has no key of a model provider, which the call needs (412, `BYOK_REQUIRED`). Keys are added at
    /// <https://lumetra.io/models>.
    pub fn is_byok_required(&self) -> bool {
        self.is_precondition(BYOK_REQUIRED, &["byok", "model provider"])
    }

    /// The bucket has no Bucket Profiler agent (412, `BUCKET_PROFILER_NOT_INSTALLED`).
    pub fn is_profiler_not_installed(&self) -> bool {
        self.is_precondition(PROFILER_NOT_INSTALLED, &["profiler"])
    }

    /// The time allowed was over.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// No connection could be made, so the request was not sent.
    pub fn is_connect(&self) -> bool {
        let source = StdError::source(self).and_then(|source| source.downcast_ref::<reqwest::Error>());
        source.is_some_and(reqwest::Error::is_connect)
    }

    fn is_api(&self, status: StatusCode) -> bool {
        matches!(self, Self::Api(error) if error.status == status.as_u16())
    }

    /// Where the service puts the code of a 412 is not known, so that the whole body is searched where neither code is found.
    fn is_precondition(&self, code: &str, words: &[&str]) -> bool {
        let Self::Api(error) = self else { return false };
        if let Some(known) = self.code().filter(|code| [BYOK_REQUIRED, PROFILER_NOT_INSTALLED].contains(code)) {
            return self.is_api(StatusCode::PRECONDITION_FAILED) && known == code;
        }
        let text = match &error.body {
            ErrorBody::Json(body) => body.to_string().to_lowercase(),
            ErrorBody::Text(body) => body.to_lowercase(),
        };
        self.is_api(StatusCode::PRECONDITION_FAILED) && words.iter().any(|word| text.contains(word))
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
            Self::Decode(_) => "Engram answer not readable",
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

impl ErrorDetail {
    /// What went wrong and what to do, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ErrorDetail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Engram API {}: {}", self.status, self.message)?;
        if self.attempts > 1 {
            write!(formatter, " (after {} attempts)", self.attempts)?;
        }
        Ok(())
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

// How the rest of the crate makes errors.

impl From<String> for ErrorDetail {
    fn from(message: String) -> Self {
        Self { message, status: None, body: None, source: None }
    }
}

impl ErrorDetail {
    pub(crate) fn with_status(mut self, status: Option<StatusCode>) -> Self {
        self.status = status;
        self
    }

    fn with_body(mut self, body: ErrorBody) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl EngramError {
    pub(crate) fn config(detail: impl Into<ErrorDetail>) -> Self {
        Self::Config(Box::new(detail.into()))
    }

    pub(crate) fn invalid_request(detail: impl Into<ErrorDetail>) -> Self {
        Self::InvalidRequest(Box::new(detail.into()))
    }

    /// The same problem, found in the settings of the client.
    pub(crate) fn into_config(self) -> Self {
        match self {
            Self::InvalidRequest(detail) => Self::Config(detail),
            other => other,
        }
    }

    /// The same problem, found in the options of a request.
    pub(crate) fn into_invalid_request(self) -> Self {
        match self {
            Self::Config(detail) => Self::InvalidRequest(detail),
            other => other,
        }
    }

    pub(crate) fn timeout(detail: impl Into<ErrorDetail>) -> Self {
        Self::Timeout(Box::new(detail.into()))
    }

    pub(crate) fn stream(detail: impl Into<ErrorDetail>) -> Self {
        Self::Stream(Box::new(detail.into()))
    }

    /// A 2xx answer that cannot be used.
    pub(crate) fn decode(status: StatusCode, problem: &str) -> Self {
        Self::Decode(Box::new(Self::accepted(status, problem)))
    }

    /// A 2xx answer whose body is not what it should be.
    pub(crate) fn decode_json(
        status: StatusCode,
        content_type: Option<&str>,
        error: DecodeError,
        key: &ApiKey,
    ) -> Self {
        let text = error.to_string();
        let problem = match content_type {
            _ if error.inner().is_eof() => format!("its body is empty or cut short ({text})"),
            Some(other) if !is_json(other) => format!("its body is not JSON but {other}"),
            _ => text.clone(),
        };
        let detail = Self::accepted(status, &one_line(&key.redact(&problem)));
        // serde's text repeats a value of the body.
        let detail = if key.occurs_in(&text) { detail } else { detail.with_source(error) };
        Self::Decode(Box::new(detail))
    }

    fn accepted(status: StatusCode, problem: &str) -> ErrorDetail {
        let message = format!(
            "the server accepted the call (HTTP {}), but its answer cannot be used: {problem}",
            status.as_u16()
        );
        ErrorDetail::from(message).with_status(Some(status))
    }

    /// What the server reported inside a stream.
    pub(crate) fn reported(error: &Value, key: &ApiKey) -> Self {
        let body = ErrorBody::Json(redacted(error.clone(), key));
        let said = body.message().unwrap_or_else(|| "an error without a message".to_owned());
        Self::stream(ErrorDetail::from(format!("the server reported: {said}")).with_body(body))
    }

    /// A failure of the transport, before an answer or, where `accepted` is the status of one, while its body was read.
    pub(crate) fn transport(error: reqwest::Error, accepted: Option<StatusCode>, limit: Duration) -> Self {
        // The error's own text names the whole URL; the cause at the end of the chain is what says something.
        let error = error.without_url();
        let cause = root_cause(&error);
        match accepted {
            Some(status) if error.is_timeout() => {
                let detail = Self::accepted(status, &format!("it was not whole within {limit:?}"));
                Self::timeout(detail.with_source(error))
            }
            Some(status) => {
                Self::Decode(Box::new(Self::accepted(status, &format!("it broke off: {cause}")).with_source(error)))
            }
            None if error.is_timeout() && !error.is_connect() => {
                Self::timeout(ErrorDetail::from(no_answer(limit)).with_source(error))
            }
            None if error.is_timeout() => Self::timeout(
                ErrorDetail::from("no connection within the time allowed; nothing was sent".to_owned())
                    .with_source(error),
            ),
            None if error.is_builder() => {
                Self::invalid_request(ErrorDetail::from(format!("it cannot be sent: {cause}")).with_source(error))
            }
            None => {
                let known = if error.is_connect() { "nothing was sent" } else { "the call may have taken effect" };
                Self::Transport(Box::new(ErrorDetail::from(format!("{cause}; {known}")).with_source(error)))
            }
        }
    }

    /// An answer that is not a success.
    pub(crate) fn api(status: StatusCode, headers: &HeaderMap, body: &[u8], attempts: u32, key: &ApiKey) -> Self {
        let body = ErrorBody::parse(body, key);
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let shown = |name| header(name).map(|value| key.redact(value));
        let describe = || describe(status, shown(LOCATION).as_deref(), shown(CONTENT_TYPE).as_deref());
        Self::Api(Box::new(ApiError {
            status: status.as_u16(),
            message: body.message().unwrap_or_else(describe),
            code: body.code(),
            retry_after: header(RETRY_AFTER).and_then(|value| parse_retry_after(value, SystemTime::now())),
            attempts,
            request_id: request_id(headers, key),
            body,
        }))
    }
}

/// What serde says of a body, and where in it.
pub(crate) type DecodeError = serde_path_to_error::Error<serde_json::Error>;

pub(crate) fn no_answer(limit: Duration) -> String {
    format!("no answer within {limit:?}; the call may have taken effect")
}

fn root_cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    one_line(&cause.to_string())
}

/// Whether this is the content type of JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    content_type.to_ascii_lowercase().contains("json")
}

/// The text in one line without control characters, which a terminal would obey, cut where it is long. A text of the server is
/// to be redacted first.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE_LIMIT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// What stands for a message where the body has none that a person can read.
fn describe(status: StatusCode, location: Option<&str>, content_type: Option<&str>) -> String {
    let reason = status.canonical_reason().unwrap_or("unknown status");
    match (location, content_type) {
        (Some(location), _) if status.is_redirection() => {
            one_line(&format!("{reason} to {location}, not followed: set the base URL to where the API is"))
        }
        (_, Some(content_type)) if !is_json(content_type) => one_line(&format!("{reason} ({content_type} body)")),
        _ => reason.to_owned(),
    }
}

impl ErrorBody {
    fn parse(body: &[u8], key: &ApiKey) -> Self {
        if let Ok(json) = serde_json::from_slice(body) {
            return Self::Json(redacted(json, key));
        }
        let text = String::from_utf8_lossy(body);
        let text = key.redact(&text);
        // Of a body that was cut, the end may be the beginning of the key.
        let shown = if body.len() < ERROR_BODY_LIMIT { &text } else { key.without_its_beginning_at_the_end(&text) };
        Self::Text(shown.to_owned())
    }

    /// The server's own words: the first text under the usual names, or a short text body that is no markup.
    fn message(&self) -> Option<String> {
        let text = match self {
            Self::Json(body) => find_message(body)?,
            Self::Text(body) if body.trim_start().starts_with('<') => return None,
            Self::Text(body) => body,
        };
        Some(one_line(text)).filter(|line| !line.is_empty())
    }

    fn code(&self) -> Option<String> {
        let Self::Json(body) = self else { return None };
        find_code(body).or_else(|| body.get("error")?.as_str().filter(|text| is_code(text))).map(str::to_owned)
    }
}

/// The value without the key, in texts and in names. JSON has several ways to write a text, so this is done after parsing.
fn redacted(value: Value, key: &ApiKey) -> Value {
    match value {
        Value::String(text) => Value::String(key.redact(&text).into_owned()),
        Value::Array(elements) => elements.into_iter().map(|element| redacted(element, key)).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (key.redact(&name).into_owned(), redacted(value, key))).collect()
        }
        other => other,
    }
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
