//! Why a request failed, in the service's shape.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use lumetra_engram::api::types;
use rusqlite::ErrorCode;

use crate::chat::ChatError;
use crate::host::Host;
use crate::store::StoreError;

/// Of a name in a message, this many characters are shown.
const LONGEST_NAME: usize = 260;

/// Why a request failed.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    code: Option<&'static str>,
    retry_after: Option<Duration>,
}

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), code: None, retry_after: None }
    }

    fn with_code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).with_code("INVALID_REQUEST")
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Invalid API key")
    }

    /// RFC 9112, section 3.2.
    pub(super) fn no_host() -> Self {
        Self::bad_request("The request must have exactly one Host header, with a host and optionally a port")
    }

    pub(super) fn host_not_allowed(host: &Host) -> Self {
        let host = shortened(&host.to_string());
        let message = format!(
            "This server does not accept requests for the host {host}, because a web page could have chosen that name. To allow it, start the server with --allow-host {host}, or use `allow_host` in code"
        );
        Self::new(StatusCode::FORBIDDEN, message).with_code("HOST_NOT_ALLOWED")
    }

    pub(super) fn origin_not_allowed(origin: &str) -> Self {
        let origin = shortened(origin);
        let message = format!(
            "Web pages of {origin} may not use this server. If you trust them, start it with --allow-origin {origin}, or use `allow_origin` in code"
        );
        Self::new(StatusCode::FORBIDDEN, message).with_code("ORIGIN_NOT_ALLOWED")
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn no_such_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such route")
    }

    pub(super) fn no_such_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "The route does not support this method")
    }

    pub(super) fn model_key_required() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "No model provider key configured").with_code("BYOK_REQUIRED")
    }

    pub(super) fn profiler_not_installed() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "No Bucket Profiler is installed on this bucket")
            .with_code("BUCKET_PROFILER_NOT_INSTALLED")
    }

    pub(super) fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The request body is too large; the limit is {limit} bytes"))
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.status == StatusCode::PAYLOAD_TOO_LARGE
    }

    /// Not 408, which the spec does not have.
    pub(super) fn body_too_slow(limit: Duration) -> Self {
        Self::bad_request(format!("The request body did not arrive within {limit:?}, which is this server's limit"))
    }

    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message).with_code("INVALID_REQUEST")
    }

    pub(super) fn too_many_requests(retry_after: Duration) -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many concurrent requests");
        Self { retry_after: Some(retry_after), ..error }
    }

    /// A fault that was asked for. Where the number is no error status, the text says so.
    pub(super) fn fault(number: u16, retry_after: Duration) -> Self {
        let Some(status) = error_status(number) else {
            let message =
                format!("`Fault::Status({number})` was set with `fail_next`, and {number} is not from 400 to 599");
            return Self::new(StatusCode::INTERNAL_SERVER_ERROR, message);
        };
        let waits = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let error = Self::new(status, format!("{status}: a fault that was set with `fail_next`"));
        Self { retry_after: waits.then_some(retry_after), ..error }
    }

    /// What the client, or who looks after the server, can do about it.
    fn database(code: Option<ErrorCode>) -> Self {
        let (status, code, message) = match code {
            Some(ErrorCode::DiskFull) => (
                StatusCode::INSUFFICIENT_STORAGE,
                "DISK_FULL",
                "The server's disk is full, so nothing was changed. Free some space there, then try again",
            ),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "DATABASE_LOCKED",
                "Another program has locked the server's database, so nothing was changed. Stop it or try again",
            ),
            Some(ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "DISK_FAILED",
                "The server's disk cannot be read or written. The server's log says why",
            ),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "DATABASE_DAMAGED",
                "The server's database is damaged. Restart the server to check it",
            ),
            _ => return Self::internal(),
        };
        Self::new(status, message).with_code(code)
    }

    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BucketNotFound => Self::new(StatusCode::NOT_FOUND, "Bucket not found"),
            StoreError::MemoryNotFound => Self::new(StatusCode::NOT_FOUND, "Memory not found"),
            StoreError::BucketExists => Self::new(StatusCode::CONFLICT, "Bucket already exists"),
            StoreError::FileGone => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The server's database file was removed or replaced while it was running, so this change would be lost. Put the file back, or restart the server",
            )
            .with_code("DATABASE_GONE"),
            StoreError::Closed | StoreError::Failed => {
                tracing::error!(%error, "a request failed");
                Self::internal()
            }
            StoreError::Sqlite(cause) => {
                tracing::error!(%cause, "a request failed in the database");
                Self::database(cause.sqlite_error_code())
            }
        }
    }
}

impl From<ChatError> for ApiError {
    fn from(error: ChatError) -> Self {
        let (status, code) = match error {
            ChatError::NeedsKey(_) => (StatusCode::PRECONDITION_FAILED, "BYOK_REQUIRED"),
            ChatError::Unreachable(_) => (StatusCode::BAD_GATEWAY, "MODEL_UNREACHABLE"),
            ChatError::Failed(_) => (StatusCode::BAD_GATEWAY, "MODEL_FAILED"),
            ChatError::Timeout(_) => (StatusCode::GATEWAY_TIMEOUT, "MODEL_TIMEOUT"),
        };
        // Without the words of the endpoint, which may repeat what it was asked.
        tracing::warn!(code, "there is no answer");
        Self::new(status, format!("There is no answer: {error}")).with_code(code)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = types::Error { error: self.message, code: self.code.map(str::to_owned) };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(delay) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(delay)));
        }
        response
    }
}

/// A header may be very long.
fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_NAME).collect()
}

fn error_status(number: u16) -> Option<StatusCode> {
    StatusCode::from_u16(number).ok().filter(|status| status.is_client_error() || status.is_server_error())
}

/// At least the delay: a client that waits as long as it is told is never early.
fn whole_seconds(delay: Duration) -> u64 {
    delay.as_secs() + u64::from(delay.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_the_database_says_what_to_do() {
        for (code, status, message) in [
            (rusqlite::ffi::SQLITE_FULL, 507, "Free some space"),
            (rusqlite::ffi::SQLITE_BUSY, 503, "Another program"),
            (rusqlite::ffi::SQLITE_IOERR_WRITE, 500, "The server's log"),
            (rusqlite::ffi::SQLITE_READONLY, 500, "The server's log"),
            (rusqlite::ffi::SQLITE_CORRUPT, 500, "Restart the server"),
            (rusqlite::ffi::SQLITE_NOMEM, 500, "Internal server error"),
        ] {
            let failure = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            let error = ApiError::from(StoreError::from(failure));
            assert_eq!(error.status.as_u16(), status, "{error:?}");
            assert!(error.message.contains(message), "{error:?}");
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!(whole_seconds(Duration::ZERO), 0);
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
        assert_eq!(whole_seconds(Duration::from_millis(2001)), 3);
    }
}
