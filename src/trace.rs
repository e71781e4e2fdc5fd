//! What can be watched: the spans and events of `tracing`, under the target `lumetra_engram`. They hold no content, question,
//! name or key. The names of the fields are those of OpenTelemetry's semantic conventions for HTTP clients, where it has one.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use reqwest::Request;
use tracing::field::Empty;
use tracing::{Span, debug, debug_span, warn};

use crate::concurrency::Gate;
use crate::error::EngramError;
use crate::retry::Setback;

const TARGET: &str = "lumetra_engram";

/// The span of one operation, from its first attempt to its answer, or to the opening of its stream.
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

/// Notes in the span of an operation how it ended: how often the request was sent, and the status of the answer that was accepted.
pub(crate) fn finished(span: &Span, error: Option<&EngramError>, (attempts, accepted): (u32, Option<StatusCode>)) {
    let _entered = span.enter();
    span.record("engram.attempts", attempts);
    let status = accepted.map(|status| status.as_u16()).or_else(|| error?.status());
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
pub(crate) fn has_place(wait: Duration, gate: &Gate) {
    if wait.as_millis() > 0 {
        let (limit, under_way) = (gate.limit(), gate.under_way());
        debug!(
            target: TARGET,
            { engram.wait_ms = milliseconds(wait), engram.limit = limit, engram.under_way = under_way },
            "waited for a place"
        );
    }
}

/// The span of one attempt, from the sending of the request to the end of its answer, or to the opening of its stream.
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

/// Notes in the span of an attempt how it ended: with the status of an answer, or with what went wrong.
pub(crate) fn answered(span: &Span, outcome: Result<StatusCode, &'static str>, elapsed: Duration) {
    let _entered = span.enter();
    let elapsed_ms = milliseconds(elapsed);
    match outcome {
        Ok(status) => {
            let status = status.as_u16();
            span.record("http.response.status_code", status);
            debug!(
                target: TARGET,
                { http.response.status_code = status, engram.elapsed_ms = elapsed_ms },
                "answered"
            );
        }
        Err(kind) => {
            span.record("error.type", kind);
            debug!(target: TARGET, { "error.type" = kind, engram.elapsed_ms = elapsed_ms }, "not answered");
        }
    }
}

/// Says that a request waits before it is sent again.
pub(crate) fn waits(setback: Setback, status: Option<StatusCode>, wait: Duration) {
    let why = match setback {
        Setback::RateLimited => "too many requests at once: sending again after the wait",
        Setback::Transient => "a failure that may pass: sending again after the wait",
    };
    let status = status.map(|status| status.as_u16());
    warn!(target: TARGET, { http.response.status_code = status, engram.wait_ms = milliseconds(wait) }, "{why}");
}

/// What went wrong, in a word; for an answer of the API, its status, as OpenTelemetry has it.
fn error_type(error: &EngramError) -> Cow<'static, str> {
    match error {
        EngramError::Api(error) => error.status.to_string().into(),
        other => kind(other).into(),
    }
}

/// What went wrong, in a word.
pub(crate) fn kind(error: &EngramError) -> &'static str {
    match error {
        EngramError::Config(_) => "config",
        EngramError::InvalidRequest(_) => "invalid_request",
        EngramError::Api(_) => "api",
        EngramError::Timeout(_) => "timeout",
        EngramError::Transport(_) => "transport",
        EngramError::Decode(_) => "decode",
        EngramError::Stream(_) => "stream",
        #[cfg(feature = "schemars")]
        EngramError::Answer(_) => "answer",
    }
}

/// What went wrong on the way, in a word.
pub(crate) fn transport_kind(error: &reqwest::Error) -> &'static str {
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
