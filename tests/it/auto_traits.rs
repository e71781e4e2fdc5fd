//! What can be sent to and shared with other threads. All of it is checked when this file is compiled.
#![allow(clippy::unwrap_used)]

use futures_core::{FusedStream, Stream};
use lumetra_engram::{
    ApiError, EngramClient, EngramClientBuilder, EngramError, ErrorBody, ErrorDetail, QueryStream, QueryStreamEvent,
    api,
};

fn thread_safe<T: Send + Sync + 'static>() {}
fn clone_is_thread_safe<T: Clone + Send + Sync + 'static>() {}
fn an_error<T: std::error::Error + Send + Sync + 'static>() {}
fn a_stream<T>()
where
    T: Stream<Item = Result<QueryStreamEvent, EngramError>> + FusedStream + Send + Unpin + 'static,
{
}
fn spawnable<T>(_: &T)
where
    T: IntoFuture<IntoFuture: Send + 'static, Output: Send + 'static>,
{
}
fn a_request<T: Clone + std::fmt::Debug + Send + 'static>(_: &T) {}
fn future_is_spawnable<T: Future<Output: Send + 'static> + Send + 'static>(_: &T) {}

#[test]
fn the_types_promise_what_applications_need() {
    clone_is_thread_safe::<EngramClient>();
    clone_is_thread_safe::<EngramClientBuilder>();
    clone_is_thread_safe::<api::Client>();
    clone_is_thread_safe::<QueryStreamEvent>();
    an_error::<EngramError>();
    thread_safe::<ApiError>();
    thread_safe::<ErrorDetail>();
    thread_safe::<ErrorBody>();
    a_stream::<QueryStream>();
}

#[test]
fn every_request_can_be_cloned_printed_spawned_awaited_or_sent() {
    let engram = EngramClient::builder().api_key("key").base_url("http://127.0.0.1:1").build().unwrap();
    // A request owns all that it needs: neither the client nor the arguments need to outlive it.
    macro_rules! check {
        ($($request:expr),* $(,)?) => {$(
            a_request(&$request);
            a_request(&$request.with_response());
            spawnable(&$request);
            future_is_spawnable(&$request.send());
        )*};
    }
    check! {
        engram.store_memory("x"), engram.store_memories(["x"]), engram.list_memories(), engram.delete_memory("m"),
        engram.clear_memories("b"), engram.query("q"), engram.query_stream("q"), engram.list_buckets(),
        engram.create_bucket("b"), engram.delete_bucket("b"), engram.get_profile(), engram.regenerate_profile(),
    }
}

#[test]
fn reading_a_stream_can_be_spawned() {
    fn check(mut stream: QueryStream, other: QueryStream) {
        future_is_spawnable(&async move { stream.next().await });
        future_is_spawnable(&other.finish());
    }
    let _ = check;
}

#[test]
fn an_error_is_small_enough_to_return_everywhere() {
    assert!(size_of::<EngramError>() <= 24, "{} bytes", size_of::<EngramError>());
}
