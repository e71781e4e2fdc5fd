//! The spans and events of `tracing`, under the target `lumetra_engram`. They hold no content, question, name or key. The names of
//! the fields are those of OpenTelemetry's semantic conventions for HTTP clients, where it has one.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use reqwest::Request;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Level, Span, debug, debug_span, event_enabled, warn};

use super::body::Fault;
use super::exchange::Reply;
use super::failure::Failure;
use crate::concurrency::Gate;
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

/// The span of one operation, from its first attempt to its response, or to the opening of its stream.
pub(crate) fn operation(name: &'static str, bucket_count: usize) -> Span {
    debug_span!(
        target: TARGET,
        "engram",
        otel.name = name,
        engram.operation = name,
        engram.bucket_count = bucket_count,
        engram.attempts = Empty,
        http.response.status_code = Empty,
        "error.type" = Empty,
    )
}

/// What was sent of an operation.
#[derive(Default)]
pub(crate) struct Sent {
    /// How often.
    pub(crate) attempts: u32,
    /// The status of the last response, if one came.
    pub(crate) status: Option<StatusCode>,
}

/// Notes in the span of an operation how it ended.
pub(crate) fn finished(span: &Span, error: Option<&EngramError>, sent: Sent) {
    let _entered = span.enter();
    let (attempts, status) = (sent.attempts, sent.status.map(|status| status.as_u16()));
    span.record("engram.attempts", attempts);
    if let Some(status) = status {
        span.record("http.response.status_code", status);
    }
    let Some(error) = error else {
        debug!(
            target: TARGET,
            { engram.attempts = attempts, http.response.status_code = status },
            "done"
        );
        return;
    };
    let kind = error_type(error);
    span.record("error.type", &*kind);
    debug!(
        target: TARGET,
        { engram.attempts = attempts, http.response.status_code = status, "error.type" = &*kind },
        "failed"
    );
}

/// Says that a request waited for others of this client to end.
pub(crate) fn has_permit(arrival: Option<Instant>, gate: &Gate) {
    let wait_ms = milliseconds_since(arrival);
    if wait_ms.is_some_and(|wait_ms| wait_ms > 0) {
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

/// Notes in the span of an attempt how it ended: with the status of a response, or with what went wrong.
pub(crate) fn responded<Body>(span: &Span, outcome: &Result<Reply<Body>, Failure>, start: Option<Instant>) {
    let _entered = span.enter();
    let elapsed_ms = milliseconds_since(start);
    let status = match outcome {
        Ok(reply) => Ok(reply.head.status),
        Err(Failure::Refused(refusal)) => Ok(refusal.head.status),
        Err(failure) => Err(failure_kind(failure)),
    };
    match status {
        Ok(status) => {
            let status = status.as_u16();
            span.record("http.response.status_code", status);
            debug!(
                target: TARGET,
                { http.response.status_code = status, engram.elapsed_ms = elapsed_ms },
                "response"
            );
        }
        Err(kind) => {
            span.record("error.type", kind);
            debug!(target: TARGET, { "error.type" = kind, engram.elapsed_ms = elapsed_ms }, "no response");
        }
    }
}

/// Says that a request waits before it is sent again.
pub(crate) fn waits(reason: Retryable, status: Option<StatusCode>, wait: Duration) {
    let why = match reason {
        Retryable::RateLimited => "too many requests in flight: retrying after the wait",
        Retryable::Transient => "transient failure: retrying after the wait",
    };
    let status = status.map(|status| status.as_u16());
    warn!(target: TARGET, { http.response.status_code = status, engram.wait_ms = milliseconds(wait) }, "{why}");
}

/// What went wrong, in a word; for an error response, its status, as OpenTelemetry has it.
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

/// Why an attempt has no response, in a word.
fn failure_kind(failure: &Failure) -> &'static str {
    match failure {
        Failure::Unsendable(_) => "invalid_request",
        Failure::Stalled(_) | Failure::NoResponse(_) | Failure::Deadline(_) => "timeout",
        Failure::Body { fault: Fault::TooLarge(_), .. } => "decode",
        Failure::Refused(_) => "api",
        Failure::Transport { error, .. } | Failure::Body { fault: Fault::Broken(error), .. } => transport_kind(error),
    }
}

fn transport_kind(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else {
        "transport"
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
