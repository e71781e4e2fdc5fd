//! Whether anything of a request was taken to be sent, and taking it back where nothing was.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::error::Effect;

/// Nothing of the body was taken yet.
const WAITS: u8 = 0;
/// Some of the body was taken.
const TAKEN: u8 = 1;
/// Nothing of the body was taken, and nothing will be.
const WITHDRAWN: u8 = 2;
/// There are no bytes to take.
const EMPTY: u8 = 3;

/// What became of a request's body.
#[derive(Debug)]
pub(super) struct Watch(Arc<AtomicU8>);

impl Watch {
    /// The body of a request, and what watches it. Without bytes it is no body on the wire.
    pub(super) fn body(bytes: Bytes) -> (Self, reqwest::Body) {
        let state = Arc::new(AtomicU8::new(if bytes.is_empty() { EMPTY } else { WAITS }));
        (Self(Arc::clone(&state)), reqwest::Body::wrap(Watched { bytes, state }))
    }

    /// Keeps back a body of which nothing was taken. After `true`, the server can't get the whole request, whatever was begun.
    pub(super) fn withdraw(&self) -> bool {
        let seen = self.0.compare_exchange(WAITS, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire);
        matches!(seen, Ok(_) | Err(WITHDRAWN))
    }

    /// What a request may have done for whose response nothing waits any more.
    pub(super) fn effect(&self) -> Effect {
        if self.withdraw() { Effect::None } else { Effect::Unknown }
    }

    /// Whether a request without a body seems to wait: a connection drops the empty body where it sends the request.
    pub(super) fn waits_without_body(&self) -> bool {
        self.0.load(Ordering::Acquire) == EMPTY && Arc::strong_count(&self.0) > 1
    }
}

struct Watched {
    bytes: Bytes,
    state: Arc<AtomicU8>,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let seen = self.state.compare_exchange(WAITS, TAKEN, Ordering::AcqRel, Ordering::Acquire);
        if seen == Err(WITHDRAWN) {
            return Poll::Ready(Some(Err(io::Error::other("the request was withdrawn"))));
        }
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    async fn take(body: &mut reqwest::Body) -> Option<Result<Bytes, reqwest::Error>> {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
        Some(frame.map(|frame| frame.into_data().unwrap()))
    }

    #[tokio::test]
    async fn a_body_is_sent_or_withdrawn_and_never_both() {
        let (watch, mut body) = Watch::body(Bytes::from_static(b"a fact"));
        assert!(watch.withdraw());
        take(&mut body).await.unwrap().unwrap_err();

        let (watch, mut body) = Watch::body(Bytes::from_static(b"a fact"));
        assert_eq!(take(&mut body).await.unwrap().unwrap(), "a fact");
        assert!(!watch.withdraw());
        assert!(take(&mut body).await.is_none());
    }

    #[test]
    fn what_is_withdrawn_stays_so() {
        let (watch, body) = Watch::body(Bytes::from_static(b"a fact"));
        assert!(watch.withdraw() && watch.withdraw());
        drop(body);
        assert_eq!((watch.withdraw(), watch.effect()), (true, Effect::None));
    }

    #[test]
    fn a_request_without_a_body_waits_while_it_holds_the_empty_one() {
        let (watch, body) = Watch::body(Bytes::new());
        assert!(watch.waits_without_body() && watch.effect() == Effect::Unknown);
        drop(body);
        assert!(!watch.waits_without_body());
        let (watch, _body) = Watch::body(Bytes::from_static(b"a fact"));
        assert!(!watch.waits_without_body());
    }
}
