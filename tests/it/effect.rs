//! Whether a call that failed took effect, and whether sending it again may help.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use crate::support::{Answer, Server, answer_for_all, delta, on_paused_time};
use lumetra_engram::{ApiError, Effect, EngramClient, EngramError, ErrorBody, ErrorDetail, StatusCode};
use serde_json::json;

const STEP: Duration = Duration::from_millis(50);

fn refusal(status: u16) -> Answer {
    Answer::json(status, &json!({ "error": "no such luck" }))
}

/// What becomes of a call that is not sent again, on the paused clock, with a client whose attempts may take 30 seconds.
async fn failure_of(answers: impl IntoIterator<Item = Answer>) -> EngramError {
    let server = Server::start(answers).await;
    let engram = server.builder().max_retries_on_429(0).max_response_bytes(64).build().unwrap();
    on_paused_time(10 * STEP, engram.create_bucket("b").send()).await.0.unwrap_err()
}

fn assert_is(error: &EngramError, effect: Effect, retryable: bool) {
    assert_eq!((error.effect(), error.is_retryable()), (effect, retryable), "{error}");
}

#[tokio::test]
async fn a_refusal_has_no_effect_and_a_gateway_does_not_know() {
    for status in (300..600).filter(|status| StatusCode::from_u16(*status).unwrap().canonical_reason().is_some()) {
        let (effect, retryable) = match status {
            408 => (Effect::Unknown, true),
            429 => (Effect::None, true),
            501 | 505 => (Effect::Unknown, false),
            500.. => (Effect::Unknown, true),
            _ => (Effect::None, false),
        };
        let on_the_wire = {
            let server = Server::start([refusal(status)]).await;
            let engram = server.builder().max_retries_on_429(0).build().unwrap();
            engram.store_memory("x").await.unwrap_err()
        };
        assert_is(&on_the_wire, effect, retryable);
        let body = json!({ "error": "no such luck" });
        let built = EngramError::from(ApiError::new(StatusCode::from_u16(status).unwrap(), body));
        assert_is(&built, effect, retryable);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_has_no_effect_what_had_no_response_may_and_what_was_accepted_has() {
    let accepted = || Answer::open("application/json").piece(r#"{ "memories": ["#);
    for (what, answer, effect, retryable) in [
        ("no response", Answer::silence(), Effect::Unknown, true),
        ("a connection that closes", Answer::silence().close(), Effect::Unknown, true),
        ("half a head", Answer::raw("HTTP/1.1 200 O").close(), Effect::Unknown, true),
        ("no JSON", Answer::text(200, "text/html", "<p>"), Effect::Done, false),
        ("a body that breaks off", accepted().close(), Effect::Done, true),
        ("a body that stalls", accepted().stall(), Effect::Done, true),
        ("a body that is too large", Answer::text(200, "application/json", " ".repeat(65)), Effect::Done, false),
    ] {
        let error = failure_of([answer]).await;
        assert_eq!((error.effect(), error.is_retryable()), (effect, retryable), "{what}: {error}");
    }
    let nobody = EngramClient::builder().api_key("key").base_url("http://127.0.0.1:1").build().unwrap();
    assert_is(&nobody.list_buckets().await.unwrap_err(), Effect::None, true);
    assert_is(&nobody.list_memories().limit(0).await.unwrap_err(), Effect::None, false);
    assert_is(&EngramClient::builder().api_key("").build().unwrap_err(), Effect::None, false);
}

#[tokio::test]
async fn a_stream_that_fails_was_accepted() {
    for (answer, retryable) in [
        (Answer::open("text/event-stream").piece(crate::support::block(&delta("a"))).close(), true),
        (Answer::sse([r#"{"error":"the model is overloaded"}"#]), true),
        (Answer::sse(["no JSON"]), false),
    ] {
        let server = Server::start([answer]).await;
        let error = server.client().query_stream("q").await.unwrap().finish().await.unwrap_err();
        assert_is(&error, Effect::Done, retryable);
    }
}

#[tokio::test(start_paused = true)]
async fn the_effect_is_that_of_all_attempts() {
    for (first, last, effect) in [
        (503, 401, Effect::Unknown),
        (429, 401, Effect::None),
        (504, 429, Effect::Unknown),
        (429, 503, Effect::Unknown),
    ] {
        let server = Server::start([refusal(first), refusal(last)]).await;
        let builder = server.builder().max_retries_on_429(u32::from(first == 429));
        let engram = builder.max_retries_on_transient_errors(u32::from(first != 429)).build().unwrap();
        let error = on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(last));
        assert_eq!(error.effect(), effect, "{first}, then {last}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_bounds_the_attempts_and_says_what_they_may_have_done() {
    let server = Server::always(Answer::silence()).await;
    let engram = server.client();
    let request = engram.store_memory("x").deadline(Duration::from_secs(7));
    let (outcome, took) = on_paused_time(STEP, request.send()).await;
    let error = outcome.unwrap_err();
    assert!(error.is_timeout() && error.to_string().contains("deadline of 7s"), "{error}");
    assert_is(&error, Effect::Unknown, true);
    assert!(took >= Duration::from_secs(7) && took < Duration::from_secs(9), "{took:?}");

    let stalled = Answer::open("application/json").piece("{").stall();
    let server = Server::always(stalled).await;
    let engram = server.builder().deadline(Duration::from_secs(7)).build().unwrap();
    let error = on_paused_time(STEP, engram.list_buckets().send()).await.0.unwrap_err();
    assert_is(&error, Effect::Done, true);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_bounds_the_wait_for_a_permit() {
    let server = Server::start([Answer::open("text/event-stream").stall()]).await;
    let engram = server.builder().max_concurrent_requests(1).build().unwrap();
    let _stream = engram.query_stream("q").await.unwrap();
    let request = engram.store_memory("x").deadline(Duration::from_secs(7));
    let (outcome, took) = on_paused_time(STEP, request.send()).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("deadline of 7s passed; nothing was sent"), "{error}");
    assert_is(&error, Effect::None, true);
    assert!(took < Duration::from_secs(9), "{took:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_end_after_the_deadline_is_not_begun() {
    let busy = refusal(429).header("retry-after", "20");
    let server = Server::start([busy]).await;
    let engram = server.client();
    let request = engram.list_buckets().deadline(Duration::from_secs(15));
    let (outcome, took) = on_paused_time(STEP, request.send()).await;
    let error = outcome.unwrap_err();
    assert!(error.is_rate_limited() && error.retry_after() == Some(Duration::from_secs(20)), "{error}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_done_before_its_deadline_does_not_notice_it() {
    let busy = refusal(429).header("retry-after", "5");
    let server = Server::start([busy, Answer::json(200, &answer_for_all())]).await;
    let engram = server.client();
    let request = engram.list_buckets().deadline(Duration::from_secs(60));
    on_paused_time(STEP, request.send()).await.0.unwrap();
    let error = engram.list_buckets().deadline(Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, EngramError::InvalidRequest(_)) && error.to_string().contains("deadline"), "{error}");
    let error = server.builder().deadline(Duration::ZERO).build().unwrap_err();
    assert!(matches!(error, EngramError::Config(_)) && error.to_string().contains("deadline"), "{error}");
}

#[test]
fn an_application_builds_the_errors_that_its_own_tests_need() {
    let body = r#"{ "error": { "message": "No model key", "code": "BYOK_REQUIRED" } }"#;
    let error = EngramError::from(ApiError::new(StatusCode::PRECONDITION_FAILED, body));
    assert!(error.is_byok_required() && !error.is_retryable());
    assert_eq!((error.code(), error.to_string().as_str()), (Some("BYOK_REQUIRED"), "Engram API 412: No model key"));
    assert!(matches!(error.body(), Some(ErrorBody::Json(_))));

    let mut busy = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "slow down");
    busy.retry_after = Some(Duration::from_secs(3));
    let error = EngramError::from(busy);
    assert!(error.is_rate_limited() && error.retry_after() == Some(Duration::from_secs(3)));
    assert_eq!(error.to_string(), "Engram API 429: slow down");

    let detail = || Box::new(ErrorDetail::new("the connection broke", Effect::Unknown));
    assert_is(&EngramError::Transport(detail()), Effect::Unknown, true);
    assert_is(&EngramError::Decode(Box::new(ErrorDetail::new("no JSON", Effect::Done))), Effect::Done, false);
    assert_eq!(EngramError::Transport(detail()).to_string(), "Engram connection failed: the connection broke");
}
