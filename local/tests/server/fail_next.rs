use std::time::Duration;

use lumetra_engram::{Dedup, EngramClient, EngramError, QueryStream, QueryStreamEvent};
use lumetra_engram_local::{Fault, LocalServer};
use serde_json::json;

use crate::wire::{NEVER, client, get, post, rest, send, start, start_and_connect, start_with};

async fn status(engram: &EngramClient) -> Option<u16> {
    engram.list_buckets().await.err().and_then(|error| error.status().map(u16::from))
}

/// The deltas of the stream, and how it ended.
async fn read(mut stream: QueryStream) -> (Vec<String>, Result<(), EngramError>) {
    let mut deltas = Vec::new();
    loop {
        match stream.next().await.expect("`Done` or an error") {
            Ok(QueryStreamEvent::Delta { content }) => deltas.push(content),
            Ok(QueryStreamEvent::Done(_)) => return (deltas, Ok(())),
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert!(stream.next().await.is_none());
                return (deltas, Err(error));
            }
        }
    }
}

#[tokio::test]
async fn a_fault_has_the_shape_of_the_apis_errors_and_says_that_it_was_set() {
    let server = start_with(LocalServer::builder().retry_after(Duration::from_secs(7))).await;
    for (number, reason, retry_after) in [
        (429, "429 Too Many Requests", Some("7")),
        (400, "400 Bad Request", None),
        (500, "500 Internal Server Error", None),
        (599, "599 <unknown status code>", None),
        (503, "503 Service Unavailable", Some("7")),
    ] {
        server.fail_next([Fault::Status(number); 2]);
        for answer in [get(&server, "/v1/buckets").await, post(&server, "/v1/query", json!({"query": "tea"})).await] {
            assert_eq!(answer.error(), (number, format!("{reason}: a fault that was set with `fail_next`"), None));
            assert_eq!(answer.headers.get("retry-after").map(|value| value.to_str().unwrap()), retry_after);
        }
    }
}

#[tokio::test]
async fn a_number_that_is_no_error_status_is_500_and_the_text_says_so() {
    let server = start().await;
    for number in [0, 100, 200, 304, 399, 600, 1000, u16::MAX] {
        server.fail_next([Fault::Status(number)]);
        let (status, message, _) = get(&server, "/v1/buckets").await.error();
        assert_eq!(status, 500);
        assert!(message.contains(&format!("{number} is not from 400 to 599")), "{message}");
    }
}

#[tokio::test]
async fn retries_recover_when_they_are_as_many_as_the_faults() {
    let server = start_with(LocalServer::builder().retry_after(Duration::ZERO)).await;
    let engram = server.client().unwrap();
    server.fail_next([Fault::Status(503); 2]);
    let error = engram.list_buckets().max_retries_on_transient_errors(1).await.unwrap_err();
    assert_eq!(error.status().map(u16::from), Some(503));
    engram.list_buckets().await.unwrap();

    server.fail_next([Fault::Status(429); 3]);
    engram.store_memory("tea").await.unwrap();
}

#[tokio::test]
async fn nothing_is_stored_by_a_store_that_gets_a_fault() {
    let server = start().await;
    let engram = client(server.base_url(), "key");
    // A request whose connection broke is sent again three times.
    for (fault, count) in [(Fault::Status(500), 2), (Fault::Status(503), 2), (Fault::Disconnect, 2 * 4)] {
        server.fail_next(vec![fault; count]);
        engram.store_memory("tea").await.unwrap_err();
        engram.store_memories(["tea", "coffee"]).await.unwrap_err();
        assert_eq!(engram.list_buckets().await.unwrap().len(), 0, "{fault:?}");
    }
    engram.store_memory("tea").await.unwrap();
    assert_eq!(engram.list_memories().await.unwrap().total, Some(1));
}

#[tokio::test]
async fn faults_come_in_the_order_in_which_they_were_set_and_are_used_up() {
    let server = start().await;
    let engram = client(server.base_url(), "key");
    server.fail_next([Fault::Status(500), Fault::Disconnect]);
    server.fail_next([Fault::Status(503)]);
    assert_eq!(status(&engram).await, Some(500));
    // A call that may not be sent twice, since other ones are sent again.
    let store = engram.store_memory("tea").dedup(Dedup::Off);
    assert!(matches!(store.await, Err(EngramError::Transport { .. })));
    assert_eq!(status(&engram).await, Some(503));
    engram.list_buckets().await.unwrap();
}

#[tokio::test]
async fn as_many_of_the_requests_in_parallel_fail_as_there_are_faults() {
    let server = start().await;
    let engram = client(server.base_url(), "key");
    server.fail_next([Fault::Status(500); 5]);
    let requests = (0..20).map(|_| engram.list_buckets().into_future());
    let failed = futures_util::future::join_all(requests).await.into_iter().filter(Result::is_err).count();
    assert_eq!(failed, 5);
}

#[tokio::test]
async fn a_cut_stream_is_an_error_in_place_of_done_after_the_deltas_before_it() {
    let (server, engram) = start_and_connect().await;
    engram.store_memory("green tea").await.unwrap();
    let whole = ["From ", "memory: ", "green ", "tea"];
    for (after_deltas, arrived) in [(0, 0), (1, 1), (3, 3), (4, 4), (usize::MAX, 4)] {
        server.fail_next([Fault::CutStream { after_deltas }]);
        let (deltas, end) = read(engram.query_stream("tea").await.unwrap()).await;
        assert_eq!(deltas, whole[..arrived], "{after_deltas}");
        assert!(matches!(end, Err(EngramError::Stream { .. } | EngramError::Transport { .. })), "{end:?}");
        server.streams_closed().await;
    }
    server.fail_next([Fault::CutStream { after_deltas: 1 }]);
    let (deltas, end) = read(engram.query_stream("tea").skip_synthesis(true).await.unwrap()).await;
    assert!(deltas.is_empty() && end.is_err(), "{end:?}");

    let (deltas, end) = read(engram.query_stream("tea").await.unwrap()).await;
    assert_eq!(deltas, whole);
    end.unwrap();
}

#[tokio::test]
async fn a_cut_waits_for_a_streamed_response_and_the_faults_behind_it_wait_too() {
    let (server, engram) = start_and_connect().await;
    server.fail_next([Fault::CutStream { after_deltas: 1 }, Fault::Status(500)]);
    engram.store_memory("tea").await.unwrap();
    engram.query("tea").await.unwrap();
    assert_eq!(engram.query_stream("").await.unwrap_err().status().map(u16::from), Some(422));
    let (deltas, end) = read(engram.query_stream("tea").await.unwrap()).await;
    assert_eq!(deltas, ["From "]);
    end.unwrap_err();
    assert_eq!(engram.query_stream("tea").await.unwrap_err().status().map(u16::from), Some(500));
    read(engram.query_stream("tea").await.unwrap()).await.1.unwrap();
}

#[tokio::test]
async fn no_byte_of_a_response_comes_before_a_disconnect() {
    let server = start().await;
    server.fail_next([Fault::Disconnect]);
    let body = r#"{"content":"tea"}"#;
    let head = "POST /v1/buckets/default/memories HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer key\r\n";
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    assert_eq!(rest(&mut send(&server, request.as_bytes()).await).await, "");
}

#[tokio::test]
async fn requests_that_get_401_or_are_not_of_the_api_take_no_fault() {
    let server = start_with(LocalServer::builder().api_key("key")).await;
    server.fail_next([Fault::Status(503)]);
    assert!(client(server.base_url(), "another").list_buckets().await.unwrap_err().is_unauthorized());
    assert_eq!(get(&server, "/v1/nowhere").await.status, 404);
    assert_eq!(status(&client(server.base_url(), "key")).await, Some(503));
}

#[tokio::test]
async fn a_fault_comes_before_the_cap_on_concurrent_requests() {
    let server = start_with(LocalServer::builder().max_concurrent_requests(1).delta_latency(NEVER)).await;
    let engram = client(server.base_url(), "key");
    let _stream = engram.query_stream("tea").await.unwrap();
    server.fail_next([Fault::Status(503)]);
    assert_eq!(status(&engram).await, Some(503));
    assert_eq!(status(&engram).await, Some(429));
}
