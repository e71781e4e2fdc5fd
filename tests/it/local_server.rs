//! The client against the local server: what only two real ends can show.

#![allow(clippy::expect_used)]

use std::collections::HashSet;
use std::time::Duration;

use lumetra_engram::{QueryStreamEvent, StoreStatus};
use lumetra_engram_local::LocalServer;
use tokio::task::JoinSet;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_concurrent_stores_through_one_client_all_succeed() {
    let server = LocalServer::builder().in_memory().start().await.expect("a server");
    let engram = server.client().expect("a client");
    let mut stores = JoinSet::new();
    for number in 0..1000 {
        stores.spawn(engram.store_memory(format!("Fact number {number}")).into_future());
    }
    let results: Vec<_> = stores.join_all().await.into_iter().map(|result| result.expect("stored")).collect();
    let ids: HashSet<_> = results.iter().map(|result| &result.id).collect();
    assert_eq!(ids.len(), 1000);
    assert!(results.iter().all(|result| result.status == Some(StoreStatus::Stored)));
    let page = engram.list_memories().limit(1).await.expect("a page");
    assert_eq!(page.total, Some(1000));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_dropped_after_its_first_delta_is_closed_within_a_second_as_the_server_sees_it() {
    // Left alone, the stream would take minutes, so that nothing but its client's going away ends it in time.
    let slow = LocalServer::builder().in_memory().delta_latency(Duration::from_millis(50));
    let server = slow.start().await.expect("a server");
    let engram = server.client().expect("a client");
    let long = (0..5000).map(|number| format!("tea{number}")).collect::<Vec<_>>().join(" ");
    engram.store_memory(format!("The user drinks tea: {long}")).await.expect("stored");

    let mut stream = engram.query_stream("Does the user drink tea?").await.expect("a stream");
    let first = stream.next().await.expect("an event").expect("a delta");
    assert!(matches!(first, QueryStreamEvent::Delta { .. }));
    assert_eq!(server.open_streams(), 1);
    drop(stream);

    timeout(Duration::from_secs(1), server.streams_closed()).await.expect("the server still writes");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_local_server_ignores_fields_that_it_does_not_know() {
    let server = LocalServer::builder().in_memory().start().await.expect("a server");
    let engram = server.client().expect("a client");
    engram.create_bucket("b").extra("run_id", "r1").await.expect("created");
    engram.store_memory("The user drinks tea.").bucket("b").extra("run_id", "r1").await.expect("stored");
    engram.store_memories(["The user reads."]).bucket("b").extra("run_id", 1).await.expect("stored");
    let query = engram.query("Does the user drink tea?").bucket("b");
    let result = query.extra("run_id", "r1").extra_option("agent_id", [1]).await.expect("an answer");
    assert!(result.answer.contains("tea"), "{}", result.answer);
    server.shutdown().await;
}
