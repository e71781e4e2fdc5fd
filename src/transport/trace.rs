//! The spans and events of `tracing`, under the target `lumetra_engram`. They hold no text of the application or of the server. The names
//! of the fields are those of OpenTelemetry's semantic conventions for HTTP clients, where it has one. What a span says, its events
//! don't repeat.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use reqwest::Request;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Level, Span, debug, debug_span, event_enabled, warn};

use super::body::Fault;
use super::failure::Failure;
use super::reply::Reply;
use crate::concurrency::{Gate, Permit};
use crate::error::EngramError;
use crate::retry::Retryable;

const TARGET: &str = "lumetra_engram";

/// The time, if anybody listens: reading the clock costs as much as the rest of a span.
pub(crate) fn now() -> Option<Instant> {
    event_enabled!(target: TARGET, Level::DEBUG).then(Instant::now)
}

fn milliseconds_since(start: Option<Instant>) -> Option<u64> {
    start.map(|start| milliseconds(start.elapsed()))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The span of one operation, from its first attempt to its response, or to the opening of its stream.
pub(crate) fn operation(name: &'static str, bucket_count: usize) -> Span {
    debug_span!(
        target: TARGET,
        "engram",
        otel.name = name,
        engram.bucket_count = bucket_count,
        engram.attempts = Empty,
        http.response.status_code = Empty,
        "error.type" = Empty,
    )
}

/// Notes in the span of an operation how often it was sent, and the status of the last response, if one came.
pub(crate) fn sent(operation: &Span, attempts: u32, status: Option<StatusCode>) {
    operation.record("engram.attempts", attempts);
    record_status(operation, status);
}

/// Notes in the span of an operation how it ended, and says so.
pub(crate) fn finished(operation: &Span, start: Option<Instant>, error: Option<&EngramError>) {
    let _entered = operation.enter();
    let elapsed_ms = milliseconds_since(start);
    match error {
        None => debug!(target: TARGET, { engram.elapsed_ms = elapsed_ms }, "done"),
        Some(error) => {
            operation.record("error.type", &*error_type(error));
            debug!(target: TARGET, { engram.elapsed_ms = elapsed_ms, engram.reason = reason(error) }, "failed");
        }
    }
}

/// Says that a request waited for others of this client to end, if it did. That time has passed shows only that the process was busy.
pub(crate) fn has_permit(arrival: Option<Instant>, gate: &Gate, permit: &Permit) {
    let wait_ms = milliseconds_since(arrival);
    if permit.has_waited() && wait_ms.is_some_and(|wait_ms| wait_ms > 0) {
        let (limit, in_flight) = (gate.limit(), gate.in_flight());
        debug!(
            target: TARGET,
            { engram.wait_ms = wait_ms, engram.limit = limit, engram.in_flight = in_flight },
            "waited for a permit"
        );
    }
}

/// The span of one attempt, from the sending of the request to the end of its response, or to the opening of its stream.
pub(crate) fn attempt(request: &Request, number: u32) -> Span {
    let url = request.url();
    debug_span!(
        target: TARGET,
        "engram.attempt",
        otel.name = request.method().as_str(),
        otel.kind = "client",
        http.request.method = request.method().as_str(),
        http.request.resend_count = number - 1,
        server.address = url.host_str(),
        server.port = url.port_or_known_default(),
        http.response.status_code = Empty,
        "error.type" = Empty,
    )
}

/// Notes in the span of an attempt how it ended.
pub(crate) fn attempted<Body>(attempt: &Span, outcome: &Result<Reply<Body>, Failure>) {
    match outcome {
        Ok(reply) => record_status(attempt, Some(reply.head.status)),
        Err(failure) => {
            record_status(attempt, failure.status());
            attempt.record("error.type", &*failure_type(failure));
        }
    }
}

/// Says that a request waits before it is sent again. That a connection ends is everyday.
pub(crate) fn waits(reason: Retryable, status: Option<StatusCode>, wait: Duration) {
    let wait_ms = milliseconds(wait);
    let why = match reason {
        Retryable::RateLimited => "too many requests in flight: retrying after the wait",
        Retryable::Transient => "transient failure: retrying after the wait",
        Retryable::Retired => {
            return debug!(target: TARGET, { engram.wait_ms = wait_ms }, "the connection was retired: retrying on another one");
        }
        Retryable::Broken => {
            return debug!(target: TARGET, { engram.wait_ms = wait_ms }, "the connection broke: retrying on another one");
        }
    };
    let status = status.map(|status| status.as_u16());
    warn!(target: TARGET, { http.response.status_code = status, engram.wait_ms = wait_ms }, "{why}");
}

fn record_status(span: &Span, status: Option<StatusCode>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
}

/// What went wrong with a call, in a word; for an error response, its status, as OpenTelemetry has it.
fn error_type(error: &EngramError) -> Cow<'static, str> {
    let kind = match error {
        EngramError::Api(error) => return error.status.as_u16().to_string().into(),
        EngramError::Config(_) => "config",
        EngramError::InvalidRequest(_) => "invalid_request",
        EngramError::Timeout(_) => "timeout",
        EngramError::Transport(_) => "transport",
        EngramError::Decode(_) => "decode",
        EngramError::Stream(_) => "stream",
        #[cfg(feature = "schemars")]
        EngramError::Answer(_) => "answer",
    };
    kind.into()
}

/// The error's message, where it can't repeat a text of the application or of the server.
fn reason(error: &EngramError) -> Option<&str> {
    match error {
        EngramError::Timeout(detail) | EngramError::Transport(detail) => Some(detail.message()),
        _ => None,
    }
}

/// What went wrong with an attempt, in a word, or its status.
fn failure_type(failure: &Failure) -> Cow<'static, str> {
    let kind = match failure {
        Failure::Refused(reply) => return reply.head.status.as_u16().to_string().into(),
        Failure::Unsendable(_) => "invalid_request",
        Failure::Stalled(_) | Failure::NoResponse { .. } | Failure::Unsent { .. } | Failure::Deadline(_) => "timeout",
        Failure::Body { fault: Fault::TooLarge(_), .. } => "decode",
        Failure::Transport { error, .. } | Failure::Body { fault: Fault::Broken(error), .. } => {
            match (error.is_timeout(), error.is_connect()) {
                (true, _) => "timeout",
                (_, true) => "connect",
                _ => "transport",
            }
        }
    };
    kind.into()
}
