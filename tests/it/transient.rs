//! What is sent again after a failure that may pass, and what is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{
    Answer, Gate, KEY, PATIENCE, Request, Server, answer_for_all, block, delta, on_paused_time, outcome,
};
use lumetra_engram::{Dedup, EngramClient, EngramClientBuilder, EngramError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde_json::json;

/// The operations for which it makes no difference whether they take effect once or twice.
const SAFE: [&str; 8] = [
    "store_memory",
    "store_memories",
    "list_memories",
    "delete_memory",
    "query",
    "query_stream",
    "list_buckets",
    "get_profile",
];
/// The others.
const UNSAFE: [&str; 4] = ["clear_memories", "create_bucket", "delete_bucket", "regenerate_profile"];
const SILENCE: Duration = Duration::from_secs(50);
const STEP: Duration = Duration::from_millis(10);
/// How much later than due a request may come by the paused clock.
const LATE: f64 = 0.5;

fn status(status: u16) -> Answer {
    Answer::json(status, &json!({ "error": "a bad day" }))
}

fn at_once(answer: Answer) -> Answer {
    answer.header("retry-after", "0")
}

fn fine() -> Answer {
    Answer::json(200, &answer_for_all())
}

/// How often each operation is sent to a server that always answers so.
async fn attempts(answer: Answer, of_client: u32, of_call: Option<u32>) -> BTreeMap<&'static str, usize> {
    attempts_within(PATIENCE, answer, of_client, of_call).await
}

async fn attempts_within(
    timeout: Duration,
    answer: Answer,
    of_client: u32,
    of_call: Option<u32>,
) -> BTreeMap<&'static str, usize> {
    let server = Server::always(answer).await;
    let builder = server.builder().timeout(timeout).stream_timeout(timeout);
    let engram = builder.max_retries_on_transient_errors(of_client).build().unwrap();
    let calls = every_request!(engram, |request| outcome(match of_call {
        Some(retries) => request.max_retries_on_transient_errors(retries),
        None => request,
    }));
    let mut attempts = BTreeMap::new();
    for (operation, call) in calls {
        let before = server.requests().len();
        call.await.unwrap_err();
        attempts.insert(operation, server.requests().len() - before);
    }
    attempts
}

/// So often where the operation is safe to repeat, else once.
fn if_safe(attempts: usize) -> BTreeMap<&'static str, usize> {
    let safe = SAFE.into_iter().map(|operation| (operation, attempts));
    safe.chain(UNSAFE.into_iter().map(|operation| (operation, 1))).collect()
}

#[tokio::test]
async fn by_default_neither_a_status_nor_a_missing_connection_is_followed_by_another_attempt() {
    for answer in [status(502), status(503), status(504), status(500)] {
        assert_eq!(attempts(answer, 0, None).await, if_safe(1));
    }
    let (engram, tried) = refused(usize::MAX, |builder| builder);
    for (operation, call) in every_request!(engram, |request| outcome(request)) {
        let before = tried();
        assert!(call.await.unwrap_err().is_connect(), "{operation}");
        assert_eq!(tried() - before, 1, "{operation}");
    }
}

#[tokio::test]
async fn after_502_503_and_504_what_is_safe_is_sent_again() {
    for answer in [502, 503, 504].map(|code| at_once(status(code))) {
        assert_eq!(attempts(answer.clone(), 2, None).await, if_safe(3));
        assert_eq!(attempts(answer.clone(), 0, Some(2)).await, if_safe(3));
        assert_eq!(attempts(answer, 5, Some(0)).await, if_safe(1));
    }
}

#[tokio::test]
async fn no_other_status_is_sent_again() {
    for code in [400, 401, 404, 408, 409, 412, 422, 425, 500, 501, 505, 529] {
        assert_eq!(attempts(at_once(status(code)), 2, Some(2)).await, if_safe(1), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_and_what_is_no_http_are_never_followed_by_another_attempt() {
    for answer in [Answer::silence(), Answer::raw("no HTTP\r\n\r\n").close()] {
        let counted = attempts_within(SILENCE, answer, 2, Some(2));
        assert_eq!(on_paused_time(SILENCE / 100, counted).await.0, if_safe(1));
    }
}

#[tokio::test]
async fn after_a_connection_that_breaks_what_is_safe_is_sent_again_three_times_whatever_is_set() {
    for answer in
        [Answer::silence().reset(), Answer::silence().close(), Answer::raw("HTTP/1.1 503 X\r\nretry-af").close()]
    {
        assert_eq!(attempts(answer.clone(), 0, None).await, if_safe(4));
        assert_eq!(attempts(answer, 2, Some(2)).await, if_safe(4));
    }
}

/// A name that leads to a closed port at first, then to a server.
struct Refusing {
    times: usize,
    then: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Resolve for Refusing {
    fn resolve(&self, _: Name) -> Resolving {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let closed = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let address = if asked < self.times { closed } else { self.then };
        Box::pin(async move { Ok(Box::new([address].into_iter()) as Addrs) })
    }
}

/// A client whose first connections are refused, and how many it tried.
fn refused_before(
    times: usize,
    then: SocketAddr,
    set: impl FnOnce(EngramClientBuilder) -> EngramClientBuilder,
) -> (EngramClient, impl Fn() -> usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let resolver = Refusing { times, then, asked: Arc::clone(&asked) };
    let http = reqwest::Client::builder().dns_resolver(Arc::new(resolver)).no_proxy().build().unwrap();
    let builder = EngramClient::builder().api_key(KEY).base_url("http://engram.test").http_client(http);
    let engram = set(builder.max_retry_delay(Duration::from_millis(1))).build().unwrap();
    (engram, move || asked.load(Ordering::SeqCst))
}

fn refused(
    times: usize,
    set: impl FnOnce(EngramClientBuilder) -> EngramClientBuilder,
) -> (EngramClient, impl Fn() -> usize) {
    refused_before(times, SocketAddr::from((Ipv4Addr::LOCALHOST, 1)), set)
}

#[tokio::test]
async fn where_no_connection_could_be_made_every_operation_is_sent_again() {
    let (by_client, of_client) = refused(usize::MAX, |builder| builder.max_retries_on_transient_errors(2));
    let (by_call, of_call) = refused(usize::MAX, |builder| builder);
    for (operation, call) in every_request!(by_client, |request| outcome(request)) {
        let before = of_client();
        assert!(call.await.unwrap_err().is_connect(), "{operation}");
        assert_eq!(of_client() - before, 3, "{operation}");
    }
    for (operation, call) in every_request!(by_call, |request| outcome(request.max_retries_on_transient_errors(1))) {
        let before = of_call();
        assert!(call.await.unwrap_err().is_connect(), "{operation}");
        assert_eq!(of_call() - before, 2, "{operation}");
    }
}

#[tokio::test]
async fn a_call_that_is_refused_twice_and_then_answered_is_a_success_of_one_request() {
    let server = Server::start([fine()]).await;
    let then = server.url().trim_start_matches("http://").parse().unwrap();
    let (engram, _) = refused_before(2, then, |builder| builder.max_retries_on_transient_errors(2));
    let response = engram.store_memory("a fact").dedup(Dedup::Off).with_response().await.unwrap();
    assert_eq!((response.value.id.as_str(), response.attempts), ("m1", 3));
    assert_eq!(server.request().json()["content"], "a fact");
}

#[tokio::test]
async fn a_store_that_is_not_deduplicated_is_not_sent_again_once_it_may_have_taken_effect() {
    for (dedup, attempts) in [(Some(Dedup::Off), 1), (Some(Dedup::Loose), 3), (None, 3)] {
        let server = Server::always(at_once(status(502))).await;
        let engram = server.builder().max_retries_on_transient_errors(2).build().unwrap();
        let (unsent, tried) = refused(usize::MAX, |builder| builder.max_retries_on_transient_errors(2));
        for engram in [&engram, &unsent] {
            let request = engram.store_memory("a fact");
            dedup.into_iter().fold(request, |request, dedup| request.dedup(dedup)).await.unwrap_err();
        }
        assert_eq!(server.requests().len(), attempts, "{dedup:?}");
        assert_eq!(tried(), 3, "{dedup:?}: nothing was sent, so nothing can be stored twice");
    }
}

#[tokio::test]
async fn every_attempt_is_the_same_request_and_the_error_counts_them() {
    let server = Server::start(vec![at_once(status(503)); 3]).await;
    let engram = server.builder().max_retries_on_transient_errors(2).build().unwrap();
    let error = engram.query("q").top_k(3).await.unwrap_err();
    assert_eq!(error.to_string(), "Engram API 503: a bad day (after 3 attempts)");
    let EngramError::Api(error) = error else { panic!("{error:?}") };
    assert_eq!((error.status.as_u16(), error.attempts), (503, 3));
    let requests = server.requests();
    for request in &requests[1..] {
        assert_eq!(
            (request.line(), &request.headers, &request.body),
            (requests[0].line(), &requests[0].headers, &requests[0].body)
        );
    }
}

#[tokio::test]
async fn a_success_after_a_bad_day_is_a_success() {
    let server = Server::start([502, 503, 504].map(|code| at_once(status(code))).into_iter().chain([fine()])).await;
    let engram = server.builder().max_retries_on_transient_errors(3).build().unwrap();
    assert_eq!(engram.query("q").await.unwrap().answer, "yes");
}

#[tokio::test]
async fn retries_are_counted_apart_by_their_reason() {
    let (busy, bad) = (|| at_once(status(429)), || at_once(status(503)));
    // No further answer is scripted: one attempt more would fail the test.
    for (answers, last) in [
        (vec![busy(), bad(), busy(), busy()], 429),
        (vec![bad(), busy(), busy(), bad()], 503),
        (vec![busy(), busy(), bad(), bad()], 503),
        (vec![bad(), bad()], 503),
    ] {
        let server = Server::start(answers).await;
        let builder = server.builder().max_retries_on_429(2).max_retries_on_transient_errors(1);
        let error = builder.build().unwrap().list_buckets().await.unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(last));
    }
}

/// The seconds between one attempt and the next, by the paused clock.
fn waits(requests: &[Request]) -> Vec<f64> {
    requests.windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs_f64()).collect()
}

async fn assert_waits(answers: impl IntoIterator<Item = Answer>, asked: &[f64]) {
    let server = Server::start(answers.into_iter().chain([fine()])).await;
    let engram = server.builder().max_retries_on_transient_errors(10).build().unwrap();
    on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap();
    let waits = waits(&server.requests());
    assert_eq!(waits.len(), asked.len(), "{waits:?}");
    for (wait, asked) in waits.iter().zip(asked) {
        assert!(*wait >= *asked - 1e-3 && *wait <= asked * 1.1 + LATE, "waited {wait} s in place of {asked} s");
    }
}

#[tokio::test(start_paused = true)]
async fn the_retry_after_of_a_503_is_honoured_else_the_waits_double() {
    assert_waits([status(503).header("retry-after", "1.5"), status(503).header("retry-after", "0.3")], &[1.5, 0.3])
        .await;
    assert_waits([status(502), status(504)], &[1.0, 2.0]).await;
    assert_waits([status(429), status(503)], &[1.0, 1.0]).await;
}

#[tokio::test]
async fn a_stream_is_sent_again_while_it_opens_and_never_after() {
    let gate = Gate::new();
    let opened = Answer::open("text/event-stream").piece(block(&delta("a"))).wait(&gate).close();
    let server = Server::start([at_once(status(503)), opened]).await;
    let engram = server.builder().max_retries_on_transient_errors(5).build().unwrap();
    let mut stream = engram.query_stream("q").await.unwrap();
    stream.next().await.unwrap().unwrap();
    gate.open();
    stream.next().await.unwrap().unwrap_err();
    assert!(stream.next().await.is_none());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn the_generated_client_repeats_only_what_was_not_sent() {
    let server = Server::start([at_once(status(503))]).await;
    let engram = server.builder().max_retries_on_transient_errors(2).build().unwrap();
    engram.api().list_buckets(None, None).await.unwrap_err();
    let (engram, tried) = refused(usize::MAX, |builder| builder.max_retries_on_transient_errors(2));
    engram.api().list_buckets(None, None).await.unwrap_err();
    assert_eq!(tried(), 3);
}
