//! Outside a tokio runtime a call is an error that says what to do, and no panic.

#![allow(clippy::expect_used, clippy::panic)]

use std::future::IntoFuture;
use std::task::{Context, Poll, Waker};

use lumetra_engram::{EngramClient, EngramError};

#[test]
fn without_a_tokio_runtime_a_call_is_refused() {
    let engram = EngramClient::builder().api_key("key").base_url("http://127.0.0.1:9").build().expect("a client");
    let mut call = engram.list_buckets().into_future();
    let Poll::Ready(outcome) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it waits for something that never comes");
    };
    let error = outcome.expect_err("there is no runtime");
    assert!(matches!(error, EngramError::InvalidRequest(_)));
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}
