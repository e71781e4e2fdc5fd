//! What became of a request that got no response: whether the server may have processed it, and whether to send it again.
//!
//! reqwest's error holds an error of hyper-util, which holds one of hyper, which may hold one of h2. Each says what only it knows.

use std::error::Error;
use std::io;
use std::iter::successors;

use hyper_util::client::legacy;

use crate::error::Effect;
use crate::retry::Retryable;

/// What became of a request that got no response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fate {
    pub(crate) effect: Effect,
    /// What it failed of, where sending it again may help.
    pub(crate) retryable: Option<Retryable>,
}

impl Fate {
    /// `is_withdrawn` is true where the server can't get the whole request.
    pub(super) fn of(error: &reqwest::Error, is_withdrawn: bool) -> Self {
        let fate = Self::from_error(error);
        if is_withdrawn { Self { effect: Effect::None, ..fate } } else { fate }
    }

    fn from_error(error: &reqwest::Error) -> Self {
        let (unsent, unknown) = (Self::unsent, Self::unknown);
        if error.is_builder() {
            return unsent(None);
        }
        if error.is_connect() {
            let reason = if is_checkout(error) { Retryable::Retired } else { Retryable::Transient };
            return unsent(Some(reason));
        }
        let Some(client) = source::<legacy::Error>(error) else { return unknown(None) };
        // hyper-util wraps an error of hyper's once a connection has been chosen for the request.
        let Some(hyper) = source::<hyper::Error>(client) else { return unsent(Some(Retryable::Retired)) };
        let is_http2 = client.connect_info().is_some_and(|info| info.is_negotiated_h2());
        if hyper.is_canceled() || hyper.is_closed() {
            // It was still queued. A new HTTP/1.1 connection has no queue: the server closes what it accepts.
            return unsent(Some(if is_http2 { Retryable::Retired } else { Retryable::Broken }));
        }
        #[cfg(feature = "http2")]
        if let Some(error) = source::<h2::Error>(hyper) {
            return Self::from_http2(error);
        }
        // The task of the connection ended. The request most often waited there to be sent, but may also have been sent.
        if hyper.is_user() {
            return unknown(Some(Retryable::Retired));
        }
        let is_broken = hyper.is_incomplete_message() || hyper.is_timeout() || source(hyper).is_some_and(is_closed);
        unknown(is_broken.then_some(Retryable::Broken))
    }

    /// See RFC 9113, sections 6.8 and 8.7.
    #[cfg(feature = "http2")]
    fn from_http2(error: &h2::Error) -> Self {
        use h2::Reason;

        let reason = error.reason();
        match (error.is_remote(), error.is_go_away()) {
            // h2 gives this error to streams above the last one that the server may process, and to those that were not opened.
            (true, true) if reason == Some(Reason::NO_ERROR) => Self::unsent(Some(Retryable::Retired)),
            (true, true) => Self::unsent(Some(Retryable::Broken)),
            (true, false) if reason == Some(Reason::REFUSED_STREAM) => Self::unsent(Some(Retryable::Retired)),
            // A gateway that lost the server behind it.
            (true, false) => {
                let is_broken = matches!(reason, Some(Reason::NO_ERROR | Reason::CANCEL | Reason::INTERNAL_ERROR));
                Self::unknown(is_broken.then_some(Retryable::Broken))
            }
            // The peer broke the rules, or too many calls were given up: h2 closed the connection.
            (false, true) => Self::unknown(Some(Retryable::Broken)),
            (false, false) => Self::unknown(None),
        }
    }

    fn unsent(retryable: Option<Retryable>) -> Self {
        Self { effect: Effect::None, retryable }
    }

    fn unknown(retryable: Option<Retryable>) -> Self {
        Self { effect: Effect::Unknown, retryable }
    }
}

/// The first error of this type that the error holds.
fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    successors(error.source(), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// What hyper-util says where the connection that a request waited for was gone before it got it. The type is no part of its public
/// interface; a test compares the texts.
const CHECKOUTS: [&str; 2] = ["checked out connection was closed", "request was canceled"];

fn is_checkout(error: &reqwest::Error) -> bool {
    let cause = source::<legacy::Error>(error).and_then(Error::source);
    cause.is_some_and(|cause| cause.source().is_none() && CHECKOUTS.contains(&cause.to_string().as_str()))
}

fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof};
    // TCP's own timeout, which ends a connection whose peer acknowledges nothing.
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | TimedOut | UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use hyper_util::client::legacy::pool;

    use super::CHECKOUTS;

    #[test]
    fn a_cancelled_checkout_says_what_this_version_of_hyper_util_says() {
        let texts = [pool::Error::CheckedOutClosedValue, pool::Error::CheckoutNoLongerWanted];
        assert_eq!(texts.map(|error| error.to_string()), CHECKOUTS);
    }
}
