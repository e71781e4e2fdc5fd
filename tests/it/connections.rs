//! One client is for many calls, one after another and at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use crate::support::{Answer, Server, answer_for_all, every_operation, on_paused_time};
use lumetra_engram::{Dedup, Effect, EngramClient};
use serde_json::json;
use tokio::task::JoinSet;

#[tokio::test]
async fn one_connection_is_kept_over_calls_of_every_kind() {
    for answer in [
        Answer::json(200, &answer_for_all()),
        Answer::chunked("application/json", [answer_for_all().to_string()]),
        Answer::json(404, &json!({ "error": "x".repeat(10_000) })),
        Answer::text(502, "text/html", "<html>"),
        Answer::empty(500),
        Answer::empty(302).header("location", "/"),
    ] {
        let server = Server::always(answer).await;
        let engram = server.client();
        for round in 0..3 {
            for (line, call) in every_operation(&engram) {
                // A stream is dropped unread, which may close its connection; other tests have it.
                let stream = line == "POST /v1/query";
                if !stream {
                    let _ = call.await;
                    assert_eq!(server.connections(), 1, "{line} in round {round}");
                }
            }
        }
    }
}

#[tokio::test]
async fn deletes_with_bodies_of_every_size_keep_the_connection() {
    let acknowledged = json!({ "success": true, "note": "x".repeat(100_000) });
    let answers = [
        Answer::empty(204),
        Answer::empty(200),
        Answer::json(200, &json!({ "ok": true })),
        Answer::json(200, &acknowledged),
    ];
    let server = Server::start([answers.clone(), answers].concat()).await;
    let engram = server.client();
    for _ in 0..4 {
        engram.delete_memory("m").await.unwrap();
    }
    for _ in 0..4 {
        engram.delete_bucket("b").await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn retries_and_streams_that_fail_to_open_keep_the_connection() {
    let busy = || Answer::json(429, &json!({ "error": "busy" })).header("retry-after", "0");
    let fine = Answer::json(200, &answer_for_all());
    let refused = Answer::json(412, &json!({ "error": "BYOK_REQUIRED" }));
    let server = Server::start([busy(), busy(), fine.clone(), busy(), refused, fine]).await;
    let engram = server.client();
    engram.store_memory("x").await.unwrap();
    engram.query_stream("q").await.unwrap_err();
    engram.list_buckets().await.unwrap();
    assert_eq!((server.requests().len(), server.connections()), (6, 1));
}

#[tokio::test]
async fn clones_share_the_connection() {
    let server = Server::always(Answer::json(200, &answer_for_all())).await;
    let engram = server.client();
    engram.list_buckets().await.unwrap();
    engram.clone().list_buckets().await.unwrap();
    engram.with_bucket("b").store_memory("x").await.unwrap();
    engram.api().list_buckets(None, None).await.unwrap();
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn clients_do_not_share_settings() {
    let (one, other) = (Server::always(Answer::json(200, &answer_for_all())).await, Server::start([]).await);
    let first = one.builder().api_key("first").default_bucket("a").build().unwrap();
    let second = one.builder().api_key("second").build().unwrap();
    let _third = other.client();
    first.list_memories().await.unwrap();
    second.list_memories().await.unwrap();
    let sent: Vec<_> = one.requests().iter().map(|it| (it.header("authorization")[0].to_owned(), it.line())).collect();
    assert_eq!((sent[0].0.as_str(), sent[1].0.as_str()), ("Bearer first", "Bearer second"));
    assert!(sent[0].1.contains("/a/") && sent[1].1.contains("/default/"), "{sent:?}");
}

#[tokio::test]
async fn a_connection_that_the_server_closed_while_idle_is_replaced() {
    let fine = || Answer::json(200, &answer_for_all());
    let server = Server::start([fine().close(), fine()]).await;
    let engram = server.client();
    engram.list_buckets().await.unwrap();
    server.closed(1).await;
    engram.list_buckets().await.unwrap();
    assert_eq!(server.connections(), 2);
}

/// The server closes the connection in the moment in which the client uses it again.
#[tokio::test]
async fn a_call_that_meets_the_end_of_an_idle_connection_goes_through_where_it_may_be_sent_again() {
    let fine = || Answer::json(200, &answer_for_all());
    let server = Server::start([fine(), Answer::silence().close(), fine()]).await;
    let engram = server.client();
    engram.list_memories().await.unwrap();
    assert_eq!(engram.list_memories().with_response().await.unwrap().attempts, 2);
    assert_eq!(server.connections(), 2);

    let server = Server::start([fine(), Answer::silence().close()]).await;
    let engram = server.client();
    engram.list_memories().await.unwrap();
    let error = engram.store_memory("x").dedup(Dedup::Off).await.unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_idle_for_longer_than_gateways_wait_is_not_used_again() {
    let server = Server::always(Answer::json(200, &answer_for_all())).await;
    let engram = server.client();
    let step = Duration::from_millis(200);
    for (idle, connections) in [(0, 1), (40, 1), (55, 2)] {
        on_paused_time(step, tokio::time::sleep(Duration::from_secs(idle))).await;
        on_paused_time(step, engram.list_buckets().send()).await.0.unwrap();
        assert_eq!(server.connections(), connections, "after {idle} s");
    }
}

async fn store(engram: EngramClient, number: usize) -> Result<String, lumetra_engram::EngramError> {
    engram.store_memory(format!("fact {number}")).await.map(|stored| stored.id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_at_once_succeed() {
    let server = Server::always(Answer::json(200, &answer_for_all())).await;
    let engram = server.client();
    let mut calls: JoinSet<_> = (0..1_000).map(|number| store(engram.clone(), number)).collect();
    while let Some(outcome) = calls.join_next().await {
        assert_eq!(outcome.unwrap().unwrap(), "m1");
    }
    let mut sent: Vec<_> = server.requests().iter().map(|request| request.json()["content"].to_string()).collect();
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent.len(), 1_000, "every fact was sent, each once");
}
