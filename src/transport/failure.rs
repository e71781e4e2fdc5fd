//! Why a call has no reply: for the retry, for tracing, and as an [`EngramError`].

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use super::body::{Fault, too_large};
use super::fate::Fate;
use super::reply::{Head, Reply};
use crate::concurrency::Stalled;
use crate::error::{ApiError, Effect, EngramError, ErrorDetail, code_in, is_spent, root_cause};
use crate::retry::{Retryable, retry_after};
use crate::settings::Settings;

pub(crate) enum Failure {
    /// The request cannot be sent as it is.
    Unsendable(String),
    /// No permit became free.
    Stalled(Stalled),
    /// No response came: the connection could not be made or broke, or the HTTP client's timeout (`timeout`) passed.
    Transport { error: reqwest::Error, fate: Fate, timeout: Duration },
    /// No response to a request for a stream came in time.
    NoResponse { limit: Duration, effect: Effect },
    /// Nothing of the request was sent for so long that it was given up.
    Unsent { waited: Duration, effect: Effect },
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
            Self::Transport { fate: Fate { effect, .. }, .. }
            | Self::NoResponse { effect, .. }
            | Self::Unsent { effect, .. } => *effect,
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
                let is_over =
                    reason == Retryable::RateLimited && code_in(&reply.body).is_some_and(|code| is_spent(&code));
                (!is_over).then(|| (reason, retry_after(&reply.head.headers)))
            }
            Self::Transport { fate: Fate { effect, retryable }, .. } => {
                let is_safe = is_idempotent || *effect == Effect::None;
                retryable.filter(|_| is_safe).map(|reason| (reason, None))
            }
            Self::Unsent { .. } => Some((Retryable::Retired, None)),
            _ => None,
        }
    }

    /// Whether the response, or the rest of it, did not come in time on a connection that was there.
    pub(super) fn is_silence(&self) -> bool {
        match self {
            Self::NoResponse { .. } | Self::Unsent { .. } => true,
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
    pub(crate) fn into_error(self, attempts: u32, effect: Effect, settings: &Settings) -> EngramError {
        let timeout =
            |message: String| EngramError::Timeout(Box::new(ErrorDetail::new(message, effect).retryable(true)));
        let known = known(attempts, effect);
        match self {
            Self::Unsendable(problem) => EngramError::invalid_request(problem),
            Self::Stalled(stalled) => timeout(format!("{}{known}", no_permit(&stalled))),
            Self::NoResponse { limit, .. } => timeout(no_response(limit, known)),
            Self::Unsent { waited, .. } => timeout(format!("nothing of the request was sent for {waited:?}{known}")),
            Self::Deadline(limit) => timeout(format!("the call's deadline of {limit:?} passed{known}")),
            Self::Transport { error, fate, timeout } => {
                // The connection's own timeout is not that of the call.
                let is_broken = fate.retryable == Some(Retryable::Broken);
                transport(&error, (!is_broken).then_some(timeout), effect, known, settings)
            }
            Self::Refused(reply) => {
                let Reply { head, body } = *reply;
                ApiError::read(head.status, &head.headers, &body, (attempts, effect), &settings.api_key).into()
            }
            Self::Body { head, fault, timeout } => unread(head.status, fault, timeout),
        }
    }
}

/// The error of a request without a response. `timeout` is that of the attempt, where it may have passed.
fn transport(
    error: &reqwest::Error,
    timeout: Option<Duration>,
    effect: Effect,
    known: &str,
    settings: &Settings,
) -> EngramError {
    let server = settings.server();
    // The error's own text names the whole URL; the cause at the end of the chain is what says something.
    let cause = root_cause(error);
    let is_connect = error.is_connect();
    let detail = |message: String| Box::new(ErrorDetail::new(message, effect).connecting(is_connect));
    if let Some(timeout) = timeout.filter(|_| error.is_timeout()) {
        return EngramError::Timeout(detail(match is_connect {
            true => format!("no connection to {server} within the time allowed{known}"),
            false => no_response(timeout, known),
        }));
    }
    if error.is_builder() {
        return EngramError::invalid_request(format!("it cannot be sent: {cause}"));
    }
    let hint = hint(&cause, &settings.base_url);
    let what = match is_connect {
        true => format!("cannot connect to {server}"),
        false => format!("the connection to {server} broke"),
    };
    EngramError::Transport(detail(format!("{what}: {cause}{hint}{known}")))
}

/// What to ask where one side speaks TLS and the other does not. The texts are those of rustls, OpenSSL and hyper.
fn hint(cause: &str, base_url: &str) -> &'static str {
    let says = |texts: &[&str]| texts.iter().any(|text| cause.contains(text));
    match base_url.starts_with("https:") {
        true if says(&["InvalidContentType", "wrong version number", "packet length too long"]) => {
            "; if the server does not use TLS, its base URL must begin with http://"
        }
        false if says(&["invalid HTTP version"]) => "; if the server uses TLS, its base URL must begin with https://",
        _ => "",
    }
}

/// The error of a success whose body could not be read.
fn unread(status: StatusCode, fault: Fault, timeout: Duration) -> EngramError {
    let accepted = |problem: String| Box::new(EngramError::accepted(status, &problem).retryable(true));
    match fault {
        Fault::TooLarge(limit) => EngramError::decode(status, &too_large(limit)),
        Fault::Broken(error) if error.is_timeout() => {
            EngramError::Timeout(accepted(format!("it was not complete within {timeout:?}")))
        }
        Fault::Broken(error) => EngramError::Decode(accepted(format!("it broke off: {}", root_cause(&error)))),
    }
}

fn no_response(limit: Duration, known: &str) -> String {
    format!("no response within {limit:?}{known}")
}

fn no_permit(stalled: &Stalled) -> String {
    let Stalled { in_flight, patience, is_own_limit } = stalled;
    let whose = match is_own_limit {
        true => "as many as `max_concurrent_requests` allows",
        false => "as many as the server accepts at once",
    };
    format!(
        "no permit became free for {patience:?}: {in_flight} requests and streams of this client are in flight, {whose}; drop streams \
         that you don't read"
    )
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
