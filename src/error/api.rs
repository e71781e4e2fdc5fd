//! [`ApiError`]: an error response of the API.

use std::fmt;
use std::time::Duration;

use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};

use super::body::ErrorBody;
use super::detail::Effect;
use super::text::{is_json, one_line};
use crate::retry::retry_after;
use crate::secret::ApiKey;

const BYOK_REQUIRED: &str = "BYOK_REQUIRED";
const PROFILER_NOT_INSTALLED: &str = "BUCKET_PROFILER_NOT_INSTALLED";

/// How the messages of web frameworks begin where there is no route. Later in a message a word may be a part of a bucket's name.
const NO_ROUTE: [&str; 13] = [
    "cannot get /",
    "cannot post /",
    "cannot delete /",
    "route ",
    "no route",
    "no such route",
    "there is no such route",
    "endpoint not found",
    "no such endpoint",
    "path not found",
    "no such path",
    "page not found",
    "the requested url",
];

/// What the codes of model providers hold, without punctuation, where a budget is used up rather than a rate.
const SPENT: [&str; 6] =
    ["insufficientquota", "insufficientcredit", "insufficientbalance", "outofcredit", "billing", "paymentrequired"];

/// An error response of the API: any status but 2xx.
///
/// Build one with [`new`](Self::new) to test how your code handles an [`EngramError`](super::EngramError).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The server's message, in one line, or a description of the status if it sent none.
    pub message: String,
    /// The code for programs, such as `BYOK_REQUIRED`, wherever in the body it was.
    pub code: Option<String>,
    /// The body, at most 64 KiB of it, without the API key if the server echoed that.
    pub body: ErrorBody,
    /// The wait that the server asked for (`Retry-After`), as it was sent.
    pub retry_after: Option<Duration>,
    /// How often the request was sent.
    pub attempts: u32,
    /// The server's id of the request, from `x-request-id` or `request-id`, to quote when you report a problem. Without the API
    /// key if the server echoed that.
    pub request_id: Option<String>,
    pub(super) effect: Effect,
}

impl ApiError {
    /// The error that a response with this status and body becomes, after one attempt. Message and code are read from the body.
    ///
    /// ```
    /// use lumetra_engram::{ApiError, EngramError, StatusCode};
    ///
    /// let body = r#"{ "error": "No model key", "code": "BYOK_REQUIRED" }"#;
    /// let error = EngramError::from(ApiError::new(StatusCode::PRECONDITION_FAILED, body));
    /// assert!(error.is_byok_required());
    /// assert_eq!(error.to_string(), "Engram API 412: No model key");
    /// ```
    pub fn new(status: StatusCode, body: impl Into<ErrorBody>) -> Self {
        let body = body.into();
        Self {
            status,
            message: body.message().unwrap_or_else(|| describe(status, None, None)),
            code: body.code(),
            retry_after: None,
            attempts: 1,
            request_id: None,
            effect: Effect::of_error_status(status),
            body,
        }
    }

    /// The error of a response. `attempts` and `effect` are those of the whole call.
    pub(crate) fn read(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        (attempts, effect): (u32, Effect),
        key: &ApiKey,
    ) -> Self {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let shown = |name| header(name).map(|value| key.redact(value));
        let mut error = Self::new(status, ErrorBody::parse(body, key));
        if error.body.message().is_none() {
            error.message = describe(status, shown(LOCATION).as_deref(), shown(CONTENT_TYPE).as_deref());
        }
        error.retry_after = retry_after(headers);
        error.request_id = request_id(headers, key);
        (error.attempts, error.effect) = (attempts, effect);
        error
    }

    pub(super) fn is_retryable(&self) -> bool {
        match self.status {
            StatusCode::TOO_MANY_REQUESTS => !self.code.as_deref().is_some_and(is_spent),
            StatusCode::REQUEST_TIMEOUT => true,
            StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED => false,
            status => status.is_server_error(),
        }
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND && self.missing() != Missing::Route
    }

    /// What the server has not, by its 404.
    fn missing(&self) -> Missing {
        let words = match &self.body {
            ErrorBody::Json(_) => self.body.message().unwrap_or_default().to_lowercase(),
            // The API responds with JSON, so this is from whatever else is there.
            ErrorBody::Text(text) if !text.trim().is_empty() => return Missing::Route,
            ErrorBody::Text(_) => String::new(),
        };
        if NO_ROUTE.iter().any(|beginning| words.starts_with(beginning)) {
            return Missing::Route;
        }
        match words.trim_end_matches('.') {
            "" | "not found" => Missing::Unclear,
            _ => Missing::Resource,
        }
    }

    pub(super) fn is_byok_required(&self) -> bool {
        self.is_precondition(BYOK_REQUIRED, &["byok", "model provider"])
    }

    pub(super) fn is_profiler_not_installed(&self) -> bool {
        self.is_precondition(PROFILER_NOT_INSTALLED, &["profiler"])
    }

    /// Where the service puts the code of a 412 is not known, so the whole body is searched where neither code is found.
    fn is_precondition(&self, code: &str, words: &[&str]) -> bool {
        if self.status != StatusCode::PRECONDITION_FAILED {
            return false;
        }
        match self.code.as_deref() {
            Some(known @ (BYOK_REQUIRED | PROFILER_NOT_INSTALLED)) => known == code,
            _ => self.body.mentions(words),
        }
    }
}

/// Whether a 429 with this code says that something is used up, so that waiting brings nothing.
pub(crate) fn is_spent(code: &str) -> bool {
    let code: String = code.chars().filter(|character| character.is_ascii_alphanumeric()).collect();
    let code = code.to_ascii_lowercase();
    SPENT.iter().any(|spent| code.contains(spent))
}

impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Engram API {}: {}", self.status.as_u16(), self.message)?;
        if self.attempts > 1 {
            write!(formatter, " (after {} attempts)", self.attempts)?;
        }
        if self.status == StatusCode::NOT_FOUND {
            formatter.write_str(self.missing().hint())?;
        }
        Ok(())
    }
}

/// What a 404 says is missing.
#[derive(PartialEq)]
enum Missing {
    /// A bucket or a memory.
    Resource,
    /// The route, so that this is not the API, or not where it begins.
    Route,
    Unclear,
}

impl Missing {
    fn hint(&self) -> &'static str {
        match self {
            Self::Resource => "",
            Self::Route => "; check the base URL",
            Self::Unclear => "; if the bucket or memory exists, check the base URL",
        }
    }
}

/// What stands for a message where the body has none that a person can read.
fn describe(status: StatusCode, location: Option<&str>, content_type: Option<&str>) -> String {
    let reason = status.canonical_reason().unwrap_or("unknown status");
    match (location, content_type) {
        (Some(location), _) if status.is_redirection() => {
            one_line(&format!("{reason} to {location}, not followed: set the base URL to the address of the API"))
        }
        (_, Some(content_type)) if !is_json(content_type) => one_line(&format!("{reason} ({content_type} body)")),
        _ => reason.to_owned(),
    }
}

/// The server's id of a request, without the key, which a careless server may repeat.
pub(crate) fn request_id(headers: &HeaderMap, key: &ApiKey) -> Option<String> {
    let id = ["x-request-id", "request-id"].iter().find_map(|name| headers.get(*name))?;
    id.to_str().ok().map(|id| key.redact(id).into_owned())
}
