//! How many requests of a client are under way at once, at the level of a caller.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::pin::pin;
use std::time::Duration;

use crate::support::{Answer, Server, answer_for_all, block, delta, on_paused_time};
use futures_util::future::join_all;
use futures_util::poll;
use lumetra_engram::{Dedup, EngramClient, QueryStream, QueryStreamEvent};
use lumetra_engram_local::LocalServer;
use serde_json::json;

/// How far the paused clock moves at once.
const STEP: Duration = Duration::from_millis(1);

fn fine() -> Answer {
    Answer::json(200, &answer_for_all())
}

/// A streamed answer that begins and does not end.
fn endless() -> Answer {
    Answer::open("text/event-stream").piece(block(&delta("begun"))).stall()
}

/// A server that gives these answers, and a client of one request at a time.
async fn one_at_a_time(answers: impl IntoIterator<Item = Answer>) -> (Server, EngramClient) {
    let server = Server::start(answers).await;
    let engram = server.builder().max_concurrent_requests(1).build().unwrap();
    (server, engram)
}

async fn begun(engram: &EngramClient) -> QueryStream {
    let mut stream = engram.query_stream("q").await.unwrap();
    assert!(matches!(stream.next().await, Some(Ok(QueryStreamEvent::Delta { .. }))));
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_beyond_the_cap_of_the_server_loses_nothing() {
    const CALLS: usize = 300;
    let builder = LocalServer::builder().in_memory().max_concurrent_requests(4);
    let server = builder.synthesis_latency(Duration::from_millis(5)).start().await.unwrap();
    let engram = server.client().unwrap();
    let stores = (0..CALLS).map(|number| engram.store_memory(format!("fact {number}")).dedup(Dedup::Off).send());
    let stored = join_all(stores).await;
    let failed: Vec<_> = stored.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert!(failed.is_empty(), "{} of {CALLS} failed: {}", failed.len(), failed[0]);
    assert_eq!(engram.list_memories().all().await.unwrap().len(), CALLS);
    let queries = join_all((0..60).map(|_| engram.query("Which fact?").send())).await;
    assert!(queries.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_stream_keeps_its_place_until_it_is_dropped() {
    let (server, engram) = one_at_a_time([endless(), fine()]).await;
    let stream = begun(&engram).await;
    let mut other = pin!(engram.list_buckets().send());
    assert!(poll!(other.as_mut()).is_pending());
    assert_eq!(server.requests().len(), 1);
    drop(stream);
    other.await.unwrap();
}

#[tokio::test]
async fn a_stream_keeps_its_place_until_it_ends() {
    let whole = Answer::sse([delta("yes"), json!({ "answer": "yes" }).to_string(), "[DONE]".to_owned()]);
    let (server, engram) = one_at_a_time([whole, fine()]).await;
    let mut stream = engram.query_stream("q").await.unwrap();
    let mut other = pin!(engram.list_buckets().send());
    assert!(poll!(other.as_mut()).is_pending());
    while let Some(event) = stream.next().await {
        event.unwrap();
    }
    other.await.unwrap();
    assert_eq!(server.requests().len(), 2);
    drop(stream);
}

#[tokio::test]
async fn a_stream_of_the_generated_client_keeps_its_place_too() {
    let (_server, engram) = one_at_a_time([endless(), fine()]).await;
    let body = lumetra_engram::api::types::QueryRequest {
        query: "q".to_owned(),
        buckets: vec!["default".to_owned()],
        stream: Some(true),
        options: None,
        extra: Default::default(),
    };
    let answer = engram.api().query_stream(&body).await.unwrap();
    let mut other = pin!(engram.list_buckets().send());
    assert!(poll!(other.as_mut()).is_pending());
    drop(answer);
    other.await.unwrap();
}

#[tokio::test]
async fn whoever_waits_behind_a_stream_that_nobody_reads_gets_an_error_and_nothing_is_sent() {
    let (server, engram) = one_at_a_time([endless()]).await;
    let _stream = begun(&engram).await;
    let error = engram.list_buckets().timeout(Duration::from_millis(100)).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("no permit became free for 100ms") && text.contains("nothing was sent"), "{text}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_its_place_back() {
    let (server, engram) = one_at_a_time([Answer::silence(), fine()]).await;
    {
        let mut first = pin!(engram.list_buckets().send());
        while server.requests().is_empty() {
            assert!(poll!(first.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
    }
    engram.list_buckets().await.unwrap();
}

#[tokio::test]
async fn clones_share_the_places() {
    let (server, engram) = one_at_a_time([endless(), fine()]).await;
    let stream = begun(&engram).await;
    let clone = engram.with_bucket("another");
    let mut other = pin!(clone.list_memories().send());
    assert!(poll!(other.as_mut()).is_pending());
    assert_eq!(server.requests().len(), 1);
    drop(stream);
    other.await.unwrap();
}

#[tokio::test]
async fn a_maximum_of_none_is_refused() {
    let error = EngramClient::builder().api_key("key").max_concurrent_requests(0).build().unwrap_err();
    assert!(error.to_string().contains("max_concurrent_requests must be at least 1"), "{error}");
}

/// After one refusal an adaptive client sends one request at a time, and a client that does not adapt sends all.
#[tokio::test]
async fn only_an_adaptive_client_learns_from_a_refusal() {
    for (adaptive, sent) in [(true, 2), (false, 3)] {
        let refusal = Answer::json(429, &json!({ "error": "busy" }));
        let silent = vec![Answer::silence(); sent - 1];
        let server = Server::start([vec![refusal], silent].concat()).await;
        let engram = server.builder().adaptive_concurrency(adaptive).max_retries_on_429(0).build().unwrap();
        assert!(engram.list_buckets().await.unwrap_err().is_rate_limited());
        let (mut first, mut second) = (pin!(engram.list_buckets().send()), pin!(engram.list_buckets().send()));
        while server.requests().len() < sent {
            assert!(poll!(first.as_mut()).is_pending() && poll!(second.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        if adaptive {
            // The second one has had every chance to be sent.
            for _ in 0..100 {
                assert!(poll!(first.as_mut()).is_pending() && poll!(second.as_mut()).is_pending());
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(server.requests().len(), sent, "adaptive: {adaptive}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_a_permit_no_longer_than_its_own_timeout_and_says_whose_limit_it_was() {
    let server = Server::start([endless()]).await;
    let engram = server.builder().max_concurrent_requests(1).timeout(Duration::from_secs(2)).build().unwrap();
    let stream = on_paused_time(STEP, begun(&engram)).await.0;
    let (outcome, waited) = on_paused_time(STEP, engram.query("q").send()).await;
    let error = outcome.unwrap_err();
    assert!(error.is_timeout() && waited < Duration::from_secs(3), "{waited:?}: {error}");
    assert!(error.to_string().contains("`max_concurrent_requests`"), "{error}");
    assert!(error.to_string().contains("nothing was sent"), "{error}");
    drop(stream);
}
