use std::time::{Duration, Instant};

use lumetra_engram_local::LocalServer;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::wire::{Answer, NEVER, advance, client, get, http, post, request, start_with, stop_the_clock};

#[tokio::test]
async fn one_request_too_many_gets_429_and_when_to_come_back() {
    let builder = LocalServer::builder().max_concurrent_requests(1).retry_after(Duration::from_millis(1500));
    let server = start_with(builder.delta_latency(NEVER)).await;
    let engram = client(server.base_url(), "one");
    engram.store_memory("tea").await.unwrap();
    // A stream is under way until its last byte.
    let stream = engram.query_stream("tea").await.unwrap();
    let error = engram.list_buckets().await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(2)));
    let request = http().get(format!("{}/v1/buckets", server.base_url())).bearer_auth("one");
    let answer = Answer::of(request).await;
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(answer.error(), (429, "Too many concurrent requests".to_owned(), None));
    // The cap holds for each key.
    client(server.base_url(), "two").list_buckets().await.unwrap();
    drop(stream);
    server.streams_closed().await;
    engram.list_buckets().await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_not_streamed_counts_too_and_frees_its_place_when_its_client_goes() {
    let builder = LocalServer::builder().max_concurrent_requests(2).synthesis_latency(NEVER);
    let server = start_with(builder).await;
    let engram = client(server.base_url(), "key");
    let waiting: Vec<_> = (0..2).map(|_| tokio::spawn(engram.query("tea").into_future())).collect();
    until(async || engram.list_buckets().await.is_err_and(|error| error.is_rate_limited())).await;
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    until(async || engram.list_buckets().await.is_ok()).await;
}

/// Asks until it is so. The test hangs, and fails by that, where it never is.
async fn until(condition: impl AsyncFn() -> bool) {
    let give_up = Instant::now() + Duration::from_secs(20);
    while !condition().await {
        assert!(Instant::now() < give_up, "it never became so");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_missing_model_key_stops_what_needs_a_model() {
    let server = start_with(LocalServer::builder().missing_model_key(true)).await;
    let engram = server.client().unwrap();
    assert!(engram.store_memory("tea").await.unwrap_err().is_byok_required());
    assert!(engram.store_memories(["tea"]).await.unwrap_err().is_byok_required());
    assert!(engram.query("tea").await.unwrap_err().is_byok_required());
    assert!(engram.query_stream("tea").await.unwrap_err().is_byok_required());
    let answer = post(&server, "/v1/query", json!({"query": "tea"})).await;
    let expected = (412, "No model provider key configured".to_owned(), Some("BYOK_REQUIRED".to_owned()));
    assert_eq!(answer.error(), expected);

    assert_eq!(engram.query("tea").skip_synthesis(true).await.unwrap().memories_found, Some(0));
    engram.create_bucket("b").await.unwrap();
    assert_eq!(engram.list_buckets().await.unwrap().len(), 1);
}

#[tokio::test]
async fn synthesis_takes_as_long_as_it_is_told_and_retrieval_does_not() {
    let server = start_with(LocalServer::builder().synthesis_latency(NEVER)).await;
    stop_the_clock();
    server.client().unwrap().query("tea").skip_synthesis(true).await.unwrap();
    let ask = |stream: bool| post(&server, "/v1/query", json!({"query": "tea", "stream": stream}));
    let mut answered = std::pin::pin!(async { tokio::join!(ask(false), ask(true)) });
    for _ in 0..20 {
        tokio::select! {
            biased;
            _ = &mut answered => panic!("no time has passed"),
            _ = get(&server, "/v1/buckets") => {}
        }
    }
    let (whole, streamed) = loop {
        tokio::select! {
            answers = &mut answered => break answers,
            () = advance(NEVER) => {}
        }
    };
    assert_eq!((whole.status, streamed.status), (StatusCode::OK, StatusCode::OK));
}

#[tokio::test]
async fn a_body_that_is_too_large_gets_413_however_it_is_sent() {
    let server = start_with(LocalServer::builder().max_body_bytes(1000)).await;
    let path = "/v1/buckets/default/memories";
    let body = |length: usize| format!(r#"{{"content":"{}"}}"#, "x".repeat(length - 14));
    assert_eq!(Answer::of(request(&server, Method::POST, path).body(body(1000))).await.status, 200);
    let answer = Answer::of(request(&server, Method::POST, path).body(body(1001))).await;
    assert_eq!(answer.error().0, 413);
    // Long enough that the client is still sending, and without a length.
    let chunks = futures_util::stream::iter((0..1000).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 10_000])));
    let answer = Answer::of(request(&server, Method::POST, path).body(reqwest::Body::wrap_stream(chunks))).await;
    assert_eq!(answer.error().0, 413);
    assert_eq!(get(&server, &format!("{path}?limit=9")).await.json()["total"], 1);
}
