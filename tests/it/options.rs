//! What every request takes for its own call, and what comes with its answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::pin::Pin;
use std::time::Duration;

use crate::support::{
    Answer, Gate, KEY, Server, answer_for_all, any_text, call, delta, everything_printed, on_paused_time, outcome,
    property_config,
};
use futures_util::future::join_all;
use lumetra_engram::{EngramError, Response, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use reqwest::Url;
use serde_json::{Value, json};

const SHORT: Duration = Duration::from_millis(50);
/// A timeout, and how far the paused clock moves in a millisecond: what is sent meanwhile always arrives first.
const SILENCE: Duration = Duration::from_secs(50);
const STEP: Duration = Duration::from_millis(500);
/// Distinctive, so that a leak of it can be found in any text.
const VALUE: &str = "a-value-of-a-header";
/// The headers that the client sets itself.
const RESERVED: [&str; 7] =
    ["accept", "Authorization", "content-length", "content-type", "HOST", "transfer-encoding", "user-agent"];

fn fine() -> Answer {
    Answer::json(200, &answer_for_all())
}

fn busy() -> Answer {
    Answer::json(429, &json!({ "error": "Too many concurrent requests" })).header("retry-after", "0")
}

type Boxed<T> = Pin<Box<dyn Future<Output = Result<T, EngramError>> + Send>>;

/// The answer as JSON, and what comes with it.
fn encoded<T: serde::Serialize + 'static>(
    request: impl IntoFuture<Output = Result<Response<T>, EngramError>, IntoFuture: Send + 'static>,
) -> Boxed<Response<Value>> {
    let future = request.into_future();
    Box::pin(async move { future.await.map(|response| response.map(|value| serde_json::to_value(value).unwrap())) })
}

#[tokio::test(start_paused = true)]
async fn every_call_can_have_a_timeout_of_its_own() {
    let server = Server::always(Answer::silence()).await;
    let engram = server.client();
    let calls = every_request!(engram, |request| outcome(request.timeout(SILENCE)));
    let count = calls.len();
    let calls = join_all(calls.into_iter().map(async |(name, call)| (name, call.await)));
    for (operation, outcome) in on_paused_time(STEP, calls).await.0 {
        let error = outcome.unwrap_err();
        assert!(error.is_timeout() && error.to_string().contains("50s"), "{operation}: {error}");
    }
    assert_eq!(server.requests().len(), count, "a timeout is never followed by another attempt");
}

#[tokio::test]
async fn a_call_can_take_longer_than_the_clients_timeout() {
    let gate = Gate::new();
    let server = Server::start([Answer::silence().wait(&gate).then_answer(fine())]).await;
    let engram = server.builder().timeout(SHORT).build().unwrap();
    let call = tokio::spawn(engram.list_buckets().timeout(200 * SHORT).into_future());
    tokio::time::sleep(2 * SHORT).await;
    assert!(!call.is_finished());
    gate.open();
    call.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_a_stream_bounds_silence_and_not_the_whole() {
    let second = Duration::from_secs(1);
    let dripping = Answer::open("text/event-stream")
        .repeat(lumetra_engram_faults::chunk(crate::support::block(&delta("a")).as_bytes()), 8, second / 2)
        .stall();
    let server = Server::start([dripping]).await;
    let engram = server.client();
    let reading = async {
        let stream = engram.query_stream("q").timeout(second).await.unwrap();
        stream.finish().await.unwrap_err()
    };
    let (error, elapsed) = on_paused_time(second / 100, reading).await;
    assert!(error.is_timeout() && error.to_string().contains("1s"), "{error}");
    assert!(elapsed >= 4 * second && elapsed < 8 * second, "{elapsed:?}");
}

#[tokio::test]
async fn a_timeout_of_zero_is_refused_before_anything_is_sent() {
    let server = Server::start([]).await;
    for (operation, call) in every_request!(server.client(), |request| outcome(request.timeout(Duration::ZERO))) {
        let error = call.await.unwrap_err();
        assert!(matches!(error, EngramError::InvalidRequest(_)), "{operation}: {error:?}");
        assert!(error.to_string().contains("timeout must be greater than zero"), "{error}");
    }
}

#[tokio::test]
async fn every_call_can_be_sent_again_more_or_less_often_than_the_client_says() {
    for (of_client, of_call, attempts) in [(3, 0, 1), (0, 2, 3), (1, 1, 2)] {
        let server = Server::always(busy()).await;
        let engram = server.builder().max_retries_on_429(of_client).adaptive_concurrency(false).build().unwrap();
        for (operation, call) in every_request!(engram, |request| outcome(request.max_retries_on_429(of_call))) {
            let before = server.requests().len();
            assert!(call.await.unwrap_err().is_rate_limited(), "{operation}");
            assert_eq!(server.requests().len() - before, attempts, "{operation}");
        }
    }
}

#[tokio::test]
async fn a_header_arrives_and_replaces_the_clients_header_of_that_name() {
    let server = Server::always(fine()).await;
    let builder = server.builder().default_header("x-tenant", "of the client").default_header("x-other", "other");
    let engram = builder.build().unwrap();
    let calls = every_request!(engram, |request| outcome(
        request.header("X-Tenant", "of the call").header("x-tenant", "second").header("x-new", "")
    ));
    for (operation, call) in calls {
        call.await.unwrap();
        let request = server.requests().pop().unwrap();
        assert_eq!(request.header("x-tenant"), ["of the call", "second"], "{operation}");
        assert_eq!(request.header("x-other"), ["other"], "{operation}");
        assert_eq!(request.header("x-new"), [""], "{operation}");
        assert_eq!(request.header("authorization"), [format!("Bearer {KEY}")], "{operation}");
    }
    engram.list_buckets().await.unwrap();
    assert_eq!(server.requests().pop().unwrap().header("x-tenant"), ["of the client"], "a call changes only itself");
}

#[tokio::test]
async fn a_header_of_the_call_is_sent_with_every_attempt() {
    let server = Server::start([busy(), fine()]).await;
    server.client().list_buckets().header("x-tenant", VALUE).extra_query("a", "b").await.unwrap();
    for request in server.requests() {
        assert_eq!(request.header("x-tenant"), [VALUE]);
        assert_eq!(request.target, "/v1/buckets?a=b");
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_set_is_refused_by_name_and_its_value_is_never_shown() {
    let server = Server::start([]).await;
    let engram = server.client();
    for name in RESERVED {
        for (operation, call) in every_request!(engram, |request| outcome(request.header(name, VALUE))) {
            let error = call.await.unwrap_err();
            assert!(matches!(error, EngramError::InvalidRequest(_)), "{operation}: {error:?}");
            assert!(error.to_string().contains(&format!("`{}`", name.to_lowercase())), "{operation}: {error}");
            assert!(!everything_printed(&error).contains(VALUE), "{operation}: {error:?}");
        }
    }
    for (name, value) in [("a b", VALUE.to_owned()), ("", VALUE.to_owned()), ("x-new", format!("{VALUE}\r\nx: 1"))] {
        let request = engram.list_buckets().header(name, value);
        assert!(!format!("{request:?}").contains(VALUE), "{request:?}");
        let error = request.await.unwrap_err();
        assert!(matches!(error, EngramError::InvalidRequest(_)), "{error:?}");
        assert!(error.to_string().contains(name) && error.to_string().contains("has an invalid"), "{error}");
        assert!(!everything_printed(&error).contains(VALUE), "{error:?}");
    }
}

/// The parameters in a target.
fn parameters(target: &str) -> Vec<(String, String)> {
    let url = Url::parse(&format!("http://host{target}")).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

#[tokio::test]
async fn a_parameter_of_the_query_arrives_with_every_operation() {
    let server = Server::always(fine()).await;
    let engram = server.client();
    for (operation, call) in every_request!(engram, |request| outcome(request.extra_query("run id", "a&b=c#d/é"))) {
        call.await.unwrap();
        let target = server.requests().pop().unwrap().target;
        assert!(target.ends_with("run+id=a%26b%3Dc%23d%2F%C3%A9"), "{operation}: {target}");
        let expected = ("run id".to_owned(), "a&b=c#d/é".to_owned());
        assert_eq!(parameters(&target).pop(), Some(expected), "{operation}: {target}");
    }
}

#[test]
fn any_text_can_be_a_parameter_of_the_query() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::always(fine()));
    let engram = server.client();
    let texts = vec((any_text(), any_text()), 1..4);
    let outcome = TestRunner::new(property_config(200)).run(&texts, |texts| {
        let request =
            texts.iter().fold(engram.list_memories(), |request, (name, value)| request.extra_query(name, value));
        runtime.block_on(request.into_future()).unwrap();
        let request = server.requests().pop().unwrap();
        let own = [("limit", "20"), ("offset", "0")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        prop_assert_eq!(parameters(&request.target), [own.to_vec(), texts].concat());
        prop_assert!(request.target.bytes().all(|byte| byte.is_ascii_graphic()), "{}", request.target);
        Ok(())
    });
    outcome.unwrap();
    let _entered = runtime.enter();
    drop(server);
}

#[tokio::test]
async fn every_response_has_what_came_with_the_answer() {
    let body = json!({
        "id": "m1", "name": "b1", "answer": "yes", "memories": [{ "id": "m1", "content": "a fact", "unknown": 1.5 }],
        "buckets": [], "unknown": { "nested": [null, "é"] }
    });
    for status in [200, 201] {
        let answer = Answer::json(status, &body).header("x-request-id", "r-1").header("x-other", "other");
        let server = Server::always(answer).await;
        let engram = server.client();
        for (operation, responding) in every_whole_request!(engram, |request| encoded(request.with_response())) {
            let response = responding.await.unwrap();
            assert_eq!(response.status, status, "{operation}");
            assert_eq!(response.request_id.as_deref(), Some("r-1"), "{operation}");
            assert_eq!(response.headers["x-other"], "other", "{operation}");
            assert_eq!(response.attempts, 1, "{operation}");
            assert_eq!(response.json.as_ref(), Some(&body), "{operation}");
            assert_eq!(response.value, call(&engram, operation).await.unwrap(), "{operation}");
        }
    }
}

#[tokio::test]
async fn the_json_of_a_response_is_what_came_whatever_its_form() {
    let bare = json!([{ "id": "m1", "name": "b1", "content": "a fact", "unknown": 1 }]);
    let server = Server::always(Answer::json(200, &bare)).await;
    let engram = server.client();
    assert_eq!(engram.store_memories(["a fact"]).with_response().await.unwrap().json, Some(bare.clone()));
    assert_eq!(engram.list_memories().with_response().await.unwrap().json, Some(bare.clone()));
    assert_eq!(engram.list_buckets().with_response().await.unwrap().json, Some(bare));

    let server = Server::always(Answer::text(200, "text/plain", "deleted")).await;
    assert_eq!(server.client().delete_memory("m1").with_response().await.unwrap().json, None);
}

#[tokio::test]
async fn an_empty_answer_has_no_json_and_its_status() {
    for status in [200, 204] {
        let server = Server::always(Answer::empty(status).header("request-id", "r-2")).await;
        let engram = server.client();
        let responses = [
            encoded(engram.delete_memory("m1").with_response()).await.unwrap(),
            encoded(engram.clear_memories("b1").with_response()).await.unwrap(),
            encoded(engram.delete_bucket("b1").with_response()).await.unwrap(),
        ];
        for response in responses {
            assert_eq!((response.status.as_u16(), response.json, response.attempts), (status, None, 1));
            assert_eq!(response.request_id.as_deref(), Some("r-2"));
        }
    }
}

#[tokio::test]
async fn a_batch_without_facts_has_no_response_and_sends_nothing() {
    let server = Server::start([]).await;
    let engram = server.client();
    let error = engram.store_memories(Vec::<String>::new()).with_response().await.unwrap_err();
    assert!(
        matches!(error, EngramError::InvalidRequest(_)) && error.to_string().contains("nothing to send"),
        "{error}"
    );
    assert!(engram.store_memories(Vec::<String>::new()).await.unwrap().is_empty());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_response_counts_the_attempts() {
    for (operation, attempts) in [("first", 1), ("third", 3)] {
        let answers = vec![busy().header("x-request-id", "refused"); attempts - 1];
        let server = Server::start(answers.into_iter().chain([fine().header("x-request-id", operation)])).await;
        let response = server.client().query("q").with_response().send().await.unwrap();
        assert_eq!(response.attempts as usize, attempts);
        assert_eq!(response.request_id.as_deref(), Some(operation), "that of the answer, not of a refusal");
    }
}

#[tokio::test]
async fn the_response_of_a_stream_comes_before_its_events() {
    let gate = Gate::new();
    let held = Answer::open("text/event-stream").header("x-request-id", "r-3").wait(&gate);
    let answer = held.piece(crate::support::block(r#"{"answer":"yes"}"#)).end();
    let server = Server::start([busy(), answer]).await;
    let response = server.client().query_stream("q").with_response().await.unwrap();
    assert_eq!((response.status, response.attempts), (StatusCode::OK, 2));
    assert_eq!(response.request_id.as_deref(), Some("r-3"));
    assert_eq!(response.headers["content-type"], "text/event-stream");
    assert_eq!(response.json, None);
    gate.open();
    assert_eq!(response.value.finish().await.unwrap().answer, "yes");
}

#[tokio::test]
async fn a_header_that_repeats_the_key_is_not_printed() {
    let server = Server::always(fine().header("x-request-id", KEY).header("x-echo", &format!("Bearer {KEY}"))).await;
    let engram = server.client();
    for (operation, responding) in every_request!(engram, |request| Box::pin(async move {
        request.with_response().await.map(|response| response.map(drop))
    }) as Boxed<Response<()>>)
    {
        let response = responding.await.unwrap();
        assert!(!format!("{response:?} {response:#?}").contains(KEY), "{operation}: {response:?}");
        assert_eq!(response.headers["x-echo"], format!("Bearer {KEY}"), "{operation}");
    }
}

#[tokio::test]
async fn errors_are_the_same_with_and_without_the_response() {
    let answers = [
        (Answer::json(404, &json!({ "error": "no such thing", "code": "NOT_FOUND" })), "Api"),
        (Answer::text(200, "text/html", "<html>"), "Decode"),
        (Answer::silence().close(), "Transport"),
    ];
    for (answer, kind) in answers {
        let server = Server::always(answer).await;
        let engram = server.client();
        let plain = every_whole_request!(engram, |request| outcome(request));
        let responding = every_whole_request!(engram, |request| outcome(request.with_response()));
        let mut of_kind = 0;
        for ((operation, plain), (_, responding)) in plain.into_iter().zip(responding) {
            let (plain, responding) = (format!("{:?}", plain.await), format!("{:?}", responding.await));
            assert_eq!(plain, responding, "{operation}");
            of_kind += usize::from(plain.starts_with(&format!("Err({kind}")));
        }
        // Two operations take any success, and one more any success at all that is empty.
        assert!(of_kind >= 9, "{of_kind} errors are {kind}");
    }
}

#[tokio::test]
async fn a_request_is_sent_by_send_as_it_is_by_awaiting() {
    let server = Server::always(fine()).await;
    let engram = server.client();
    let sent = every_request!(engram, |request| {
        let future = request.header("x-tenant", VALUE).send();
        Box::pin(async move { future.await.map(drop) }) as crate::support::Outcome
    });
    let awaited = every_request!(engram, |request| outcome(request.header("x-tenant", VALUE)));
    for ((operation, sent), (_, awaited)) in sent.into_iter().zip(awaited) {
        sent.await.unwrap();
        awaited.await.unwrap();
        let requests = server.requests();
        let [.., first, second] = requests.as_slice() else { panic!("{operation}: {requests:?}") };
        assert_eq!(first.line(), second.line(), "{operation}");
        assert_eq!((&first.headers, &first.body), (&second.headers, &second.body), "{operation}");
    }
}

#[tokio::test]
async fn an_error_of_the_api_has_the_request_id() {
    for (header, value, expected) in
        [("x-request-id", "r-4", Some("r-4")), ("request-id", "r-5", Some("r-5")), ("x-request", "r-6", None)]
    {
        let server = Server::always(Answer::empty(404).header(header, value)).await;
        for (operation, call) in every_request!(server.client(), |request| outcome(request)) {
            let EngramError::Api(error) = call.await.unwrap_err() else { panic!("{operation}") };
            assert_eq!(error.request_id.as_deref(), expected, "{operation}");
        }
    }
    let server = Server::start([Answer::empty(500).header("x-request-id", &format!("r-{KEY}"))]).await;
    let error = server.client().list_buckets().await.unwrap_err();
    assert!(!everything_printed(&error).contains(KEY), "{error:?}");
    let EngramError::Api(error) = error else { panic!("{error:?}") };
    assert_eq!(error.request_id.as_deref(), Some("r-[API key]"));
}
