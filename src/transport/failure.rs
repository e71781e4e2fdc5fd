//! Why a call has no reply: for the retry, for tracing, and as an [`EngramError`].

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use http::header::RETRY_AFTER;

use super::body::{Fault, too_large};
use super::fate::Fate;
use super::reply::{Head, Reply};
use crate::concurrency::Stalled;
use crate::error::{ApiError, Effect, EngramError, ErrorDetail, root_cause};
use crate::retry::{Retryable, parse_retry_after};
use crate::secret::ApiKey;

pub(crate) enum Failure {
    /// The request cannot be sent as it is.
    Unsendable(String),
    /// No permit became free.
    Stalled(Stalled),
    /// No response came: the connection could not be made or broke, or the HTTP client's timeout (`timeout`) passed.
    Transport { error: reqwest::Error, fate: Fate, timeout: Duration },
    /// No response to a request for a stream came in time.
    NoResponse(Duration),
    /// An error response, with as much of its body as is kept.
    Refused(Box<Reply<Bytes>>),
    /// A success whose body could not be read.
    Body { head: Box<Head>, fault: Fault, timeout: Duration },
    /// The deadline of the whole call was over.
    Deadline(Duration),
}

impl Failure {
    /// The effect that the failed attempt may have had.
    pub(crate) fn effect(&self) -> Effect {
        match self {
            Self::Unsendable(_) | Self::Stalled(_) => Effect::None,
            Self::Transport { fate, .. } => fate.effect,
            Self::NoResponse(_) => Effect::Unknown,
            Self::Refused(reply) => Effect::of_error_status(reply.head.status),
            Self::Body { .. } => Effect::Done,
            // `Transport::send` tracks it, since it knows how far the attempts came.
            Self::Deadline(_) => Effect::None,
        }
    }

    /// Why there may be another attempt, and the wait that the server asks for.
    pub(crate) fn retryable(&self, is_idempotent: bool) -> Option<(Retryable, Option<Duration>)> {
        match self {
            Self::Refused(reply) => {
                let reason = Retryable::status(reply.head.status, is_idempotent)?;
                let value = reply.head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                Some((reason, value.and_then(|value| parse_retry_after(value, SystemTime::now()))))
            }
            Self::Transport { fate: Fate { effect, retryable }, .. } => {
                let is_safe = is_idempotent || *effect == Effect::None;
                retryable.filter(|_| is_safe).map(|reason| (reason, None))
            }
            _ => None,
        }
    }

    /// Whether the response, or the rest of it, did not come in time on a connection that was there.
    pub(super) fn is_silence(&self) -> bool {
        match self {
            Self::NoResponse(_) => true,
            Self::Transport { error, fate, .. } => error.is_timeout() && fate.retryable.is_none(),
            Self::Body { fault: Fault::Broken(error), .. } => error.is_timeout(),
            _ => false,
        }
    }

    /// The status of the response, if one came.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused(reply) => Some(reply.head.status),
            Self::Body { head, .. } => Some(head.status),
            _ => None,
        }
    }

    /// The caller's error. `attempts` and `effect` are those of the whole call.
    pub(crate) fn into_error(self, attempts: u32, effect: Effect, key: &ApiKey) -> EngramError {
        let timeout = |detail: ErrorDetail| EngramError::Timeout(Box::new(detail));
        match self {
            Self::Unsendable(problem) => EngramError::invalid_request(problem),
            Self::Stalled(stalled) => timeout(ErrorDetail::new(no_permit(&stalled, attempts, effect), effect)),
            Self::NoResponse(limit) => timeout(ErrorDetail::new(no_response(limit), effect)),
            Self::Deadline(limit) => {
                timeout(ErrorDetail::new(past_deadline(limit, attempts, effect), effect).retryable(true))
            }
            Self::Transport { error, fate, timeout } => {
                // The connection's own timeout is not that of the call.
                let is_broken = fate.retryable == Some(Retryable::Broken);
                transport(error.without_url(), (!is_broken).then_some(timeout), attempts, effect)
            }
            Self::Refused(reply) => {
                let Reply { head, body } = *reply;
                ApiError::read(head.status, &head.headers, &body, (attempts, effect), key).into()
            }
            Self::Body { head, fault, timeout } => unread(head.status, fault, timeout),
        }
    }
}

/// The error of a request without a response. `timeout` is that of the attempt, where it may have passed.
fn transport(error: reqwest::Error, timeout: Option<Duration>, attempts: u32, effect: Effect) -> EngramError {
    // The error's own text names the whole URL; the cause at the end of the chain is what says something.
    let cause = root_cause(&error);
    if let Some(timeout) = timeout.filter(|_| error.is_timeout()) {
        let message = match error.is_connect() {
            true => format!("no connection within the time allowed{}", known(attempts, effect)),
            false => no_response(timeout),
        };
        return EngramError::Timeout(Box::new(ErrorDetail::new(message, effect).with_source(error)));
    }
    if error.is_builder() {
        let detail = ErrorDetail::new(format!("it cannot be sent: {cause}"), Effect::None);
        return EngramError::InvalidRequest(Box::new(detail.with_source(error)));
    }
    let message = format!("{cause}{}", known(attempts, effect));
    EngramError::Transport(Box::new(ErrorDetail::new(message, effect).with_source(error)))
}

/// The error of a success whose body could not be read.
fn unread(status: StatusCode, fault: Fault, timeout: Duration) -> EngramError {
    match fault {
        Fault::TooLarge(limit) => EngramError::decode(status, &too_large(limit)),
        Fault::Broken(error) => {
            let error = error.without_url();
            if error.is_timeout() {
                let detail = EngramError::accepted(status, &format!("it was not whole within {timeout:?}"));
                return EngramError::Timeout(Box::new(detail.retryable(true).with_source(error)));
            }
            let detail = EngramError::accepted(status, &format!("it broke off: {}", root_cause(&error)));
            EngramError::Decode(Box::new(detail.retryable(true).with_source(error)))
        }
    }
}

fn no_response(limit: Duration) -> String {
    format!("no response within {limit:?}; the call may have taken effect")
}

fn no_permit(stalled: &Stalled, attempts: u32, effect: Effect) -> String {
    let Stalled { in_flight, patience } = stalled;
    format!(
        "no permit became free for {patience:?}: {in_flight} requests and streams of this client are in flight, as many as the \
         server takes at once; drop streams that you don't read{}",
        known(attempts, effect)
    )
}

fn past_deadline(limit: Duration, attempts: u32, effect: Effect) -> String {
    format!("the call's deadline of {limit:?} passed{}", known(attempts, effect))
}

/// What is known of the effect, at the end of a message.
fn known(attempts: u32, effect: Effect) -> &'static str {
    match effect {
        Effect::None if attempts <= 1 => "; nothing was sent",
        Effect::None => "; no attempt took effect",
        Effect::Unknown => "; the call may have taken effect",
        Effect::Done => "; the call took effect",
    }
}
