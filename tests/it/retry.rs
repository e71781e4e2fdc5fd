//! What happens after 429, and after nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, SystemTime};

use crate::support::{
    Answer, Gate, Request, Server, answer_for_all, assert_one_short_line, block, delta, every_operation, on_paused_time,
};
use lumetra_engram::{EngramError, QueryStreamEvent};
use serde_json::json;

const SECOND: Duration = Duration::from_secs(1);
/// How far the paused clock moves at once, and how much later than due a request may come by that clock.
const STEP: Duration = Duration::from_millis(10);
const LATE: f64 = 0.5;

fn busy() -> Answer {
    Answer::json(429, &json!({ "error": "Too many concurrent requests" }))
}

fn busy_for(retry_after: &str) -> Answer {
    busy().header("retry-after", retry_after)
}

fn fine() -> Answer {
    Answer::json(200, &answer_for_all())
}

/// The seconds between one attempt and the next, by the paused clock.
fn waits(requests: &[Request]) -> Vec<f64> {
    requests.windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs_f64()).collect()
}

fn assert_waited(waits: &[f64], asked: &[f64]) {
    assert_eq!(waits.len(), asked.len(), "waits of {waits:?} s");
    for (wait, asked) in waits.iter().zip(asked) {
        assert!(*wait >= *asked - 1e-3 && *wait <= asked * 1.1 + LATE, "waited {wait} s in place of {asked} s");
    }
}

/// Answers one call with these, then with a success, and returns the waits.
async fn waits_for(answers: impl IntoIterator<Item = Answer>, longest: Duration) -> Vec<f64> {
    let server = Server::start(answers.into_iter().chain([fine()])).await;
    let engram = server.builder().max_retry_delay(longest).max_retries_on_429(10).build().unwrap();
    on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap();
    waits(&server.requests())
}

#[tokio::test]
async fn it_is_sent_again_as_often_as_set() {
    for retries in [0, 1, 3] {
        let server = Server::start(vec![busy_for("0"); retries + 1]).await;
        let engram = server.builder().max_retries_on_429(u32::try_from(retries).unwrap()).build().unwrap();
        let error = engram.store_memory("x").await.unwrap_err();
        assert_eq!(server.requests().len(), retries + 1);
        assert!(error.is_rate_limited());
    }
}

#[tokio::test(start_paused = true)]
async fn three_times_by_default_and_for_every_operation() {
    let server = Server::always(busy_for("0")).await;
    let engram = server.client();
    for (line, call) in every_operation(&engram) {
        let before = server.requests().len();
        assert!(on_paused_time(5 * STEP, call).await.0.unwrap_err().is_rate_limited(), "{line}");
        assert_eq!(server.requests().len() - before, 4, "{line}");
    }
}

#[tokio::test]
async fn a_success_after_a_retry_is_a_success() {
    for busy_answers in 1..=3 {
        let answers = vec![busy_for("0"); busy_answers].into_iter().chain([fine()]);
        let server = Server::start(answers).await;
        assert_eq!(server.client().store_memory("x").await.unwrap().id, "m1");
    }
}

#[tokio::test]
async fn every_attempt_is_the_same_request() {
    let server = Server::start([busy_for("0"), busy_for("0"), fine()]).await;
    server.client().query("q").top_k_per_bucket([("a", 1)]).await.unwrap();
    let requests = server.requests();
    for request in &requests[1..] {
        assert_eq!(request.line(), requests[0].line());
        assert_eq!(request.headers, requests[0].headers);
        assert_eq!(request.body, requests[0].body);
    }
    assert!(!requests[0].body.is_empty());
}

#[tokio::test]
async fn when_all_attempts_are_used_the_error_says_so() {
    let server = Server::start(vec![busy_for("0.02"); 3]).await;
    let engram = server.builder().max_retries_on_429(2).build().unwrap();
    let error = engram.store_memory("x").await.unwrap_err();
    assert_eq!(error.to_string(), "Engram API 429: Too many concurrent requests (after 3 attempts)");
    assert_eq!(error.status().map(u16::from), Some(429));
    assert_eq!(error.retry_after(), Some(Duration::from_millis(20)));
    let EngramError::Api(error) = error else { panic!("{error:?}") };
    assert_eq!(error.attempts, 3);
}

#[tokio::test]
async fn without_retries_the_error_counts_one_attempt() {
    let server = Server::start([busy_for("100000")]).await;
    let engram = server.builder().max_retries_on_429(0).build().unwrap();
    let error = engram.query_stream("q").await.unwrap_err();
    assert_eq!(error.to_string(), "Engram API 429: Too many concurrent requests");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(100_000)), "as it was sent, not as it is capped");
    assert_one_short_line(&error);
}

#[tokio::test(start_paused = true)]
async fn without_retry_after_the_waits_double() {
    let waits = waits_for(vec![busy(); 4], 30 * SECOND).await;
    assert_waited(&waits, &[1.0, 2.0, 4.0, 8.0]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_in_seconds_and_fractions() {
    let answers = [busy_for("2"), busy_for("0"), busy_for("1.5"), busy_for("0.7")];
    assert_waited(&waits_for(answers, 30 * SECOND).await, &[2.0, 0.0, 1.5, 0.7]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_as_a_date() {
    // The date has whole seconds, so that up to one of them is lost, and real time passes until it is read.
    let soon = httpdate::fmt_http_date(SystemTime::now() + 5 * SECOND);
    let waits = waits_for([busy_for(&soon), busy_for("Sun, 06 Nov 1994 08:49:37 GMT")], 30 * SECOND).await;
    assert!((3.0..=5.5 + LATE).contains(&waits[0]), "{waits:?}");
    assert_waited(&waits[1..], &[0.0]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_counts_as_no_retry_after() {
    for value in ["soon", "-1", "", "1e400"] {
        assert_waited(&waits_for([busy_for(value)], 30 * SECOND).await, &[1.0]);
    }
}

#[tokio::test(start_paused = true)]
async fn no_wait_is_longer_than_the_limit() {
    let far = httpdate::fmt_http_date(SystemTime::now() + 1000 * SECOND);
    for answer in [busy_for("100000"), busy_for(&far), busy_for("99999999999999999999"), busy()] {
        let waits = waits_for([answer], SECOND / 2).await;
        assert!(waits[0] >= 0.5 - 1e-3 && waits[0] <= 0.5 + LATE, "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_thirty_seconds_by_default() {
    let server = Server::start([busy_for("3600"), fine()]).await;
    on_paused_time(10 * STEP, server.client().list_buckets().send()).await.0.unwrap();
    let waits = waits(&server.requests());
    assert!(waits[0] >= 30.0 - 1e-3 && waits[0] <= 30.0 + 10.0 * LATE, "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn chance_adds_up_to_a_tenth() {
    let server = Server::start(vec![busy_for("10"); 12].into_iter().chain([fine()])).await;
    let engram = server.builder().max_retries_on_429(12).build().unwrap();
    on_paused_time(10 * STEP, engram.list_buckets().send()).await.0.unwrap();
    let waits = waits(&server.requests());
    assert_waited(&waits, &[10.0; 12]);
    // More than the steps of the clock can make up; that twelve times chance adds about the same is next to impossible.
    let spread = waits.iter().copied().fold(f64::MIN, f64::max) - waits.iter().copied().fold(f64::MAX, f64::min);
    assert!(spread > 0.3, "clients that were refused together would come back together: {waits:?}");
}

#[tokio::test(start_paused = true)]
async fn the_timeout_is_for_each_attempt_and_not_for_the_waits() {
    let server = Server::start([busy_for("5"), fine()]).await;
    let engram = server.builder().timeout(Duration::from_secs(3)).build().unwrap();
    let (outcome, _) = on_paused_time(5 * STEP, engram.list_buckets().send()).await;
    outcome.expect("the wait is longer than the timeout of an attempt");
}

#[tokio::test]
async fn a_stream_is_retried_while_it_opens() {
    let server = Server::start([busy_for("0"), busy_for("0"), Answer::sse([r#"{"answer":"yes"}"#, "[DONE]"])]).await;
    let stream = server.client().query_stream("q").await.unwrap();
    assert_eq!(stream.finish().await.unwrap().answer, "yes");
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.body == requests[0].body));
}

#[tokio::test]
async fn a_stream_is_never_retried_after_its_first_byte() {
    let gate = Gate::new();
    // No further answer is scripted: a second request would fail the test.
    let answer = Answer::open("text/event-stream").piece(block(&delta("a"))).wait(&gate).close();
    let server = Server::start([answer]).await;
    let mut stream = server.client().query_stream("q").await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), QueryStreamEvent::Delta { content: "a".to_owned() });
    gate.open();
    stream.next().await.unwrap().unwrap_err();
    assert!(stream.next().await.is_none());

    let reported = Answer::sse([r#"{"error":"Too many concurrent requests","code":"429"}"#]);
    let server = Server::start([reported]).await;
    server.client().query_stream("q").await.unwrap().finish().await.unwrap_err();
}

#[tokio::test]
async fn no_status_but_429_is_sent_again() {
    for status in [400, 401, 404, 408, 409, 412, 413, 422, 425, 500, 502, 503, 504, 529] {
        let server = Server::start([Answer::empty(status).header("retry-after", "0")]).await;
        let error = server.client().list_buckets().await.unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(status));
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn the_generated_client_retries_too() {
    let server = Server::start([busy_for("0"), fine()]).await;
    server.client().api().list_buckets(None, None).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_429_of_what_is_used_up_is_not_sent_again() {
    for code in [
        "insufficient_quota",
        "INSUFFICIENT_QUOTA",
        "insufficientCredits",
        "billing_hard_limit_reached",
        "out-of-credits",
    ] {
        for body in [json!({ "error": { "message": "no", "code": code } }), json!({ "error": "no", "code": code })] {
            let server = Server::start([Answer::json(429, &body).header("retry-after", "0")]).await;
            let error = server.client().query("q").await.unwrap_err();
            assert_eq!((error.code(), error.is_retryable()), (Some(code), false), "{body}");
        }
    }
    for code in ["rate_limit_exceeded", "RESOURCE_EXHAUSTED", "concurrency_limit"] {
        let body = json!({ "error": "no", "code": code });
        let server = Server::start([Answer::json(429, &body).header("retry-after", "0"), fine()]).await;
        server.client().query("q").await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_date_is_measured_by_the_servers_own_clock() {
    for (date, retry_after) in [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:39 GMT"),
        ("Tue, 01 Jan 2999 00:00:00 GMT", "Tue, 01 Jan 2999 00:00:02 GMT"),
    ] {
        let waits = waits_for([busy_for(retry_after).header("date", date)], 30 * SECOND).await;
        assert_waited(&waits, &[2.0]);
    }
}
