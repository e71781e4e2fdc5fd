//! Slow clients, half-open connections, and more connections than there are places.

use std::time::{Duration, Instant};

use lumetra_engram_local::LocalServer;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::wire::{LONG, NEVER, advance, get, rest, send, start, start_with, stop_the_clock};

const HALF_A_HEAD: &[u8] = b"GET /v1/buckets HTTP/1.1\r\nHost: localhost\r\n";
const REQUEST: &[u8] = b"GET /v1/buckets HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer local\r\n\r\n";

/// One answer, of a connection that stays open.
async fn answer(stream: &mut TcpStream) -> String {
    let mut buffer = [0; 4096];
    let length = timeout(LONG, stream.read(&mut buffer)).await.expect("there is no answer").unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn hundreds_of_half_open_connections_hold_up_nobody_and_are_closed() {
    let arguments = ["--listen", "127.0.0.1:0", "--in-memory", "--header-timeout", "500ms"];
    let program = crate::program::start(&arguments).await;
    let files = format!("/proc/{}/fd", program.child.id().unwrap());
    let count = || std::fs::read_dir(&files).unwrap().count();
    let engram = program.client();
    engram.store_memory("tea").await.unwrap();
    let before = count();
    let address = program.base_url.strip_prefix("http://").unwrap();
    let mut half_open = Vec::new();
    for number in 0..400 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // Some say nothing at all.
        stream.write_all(if number % 2 == 0 { HALF_A_HEAD } else { b"" }).await.unwrap();
        half_open.push(stream);
    }
    for _ in 0..20 {
        assert_eq!(timeout(LONG, engram.query("tea").into_future()).await.unwrap().unwrap().memories_found, Some(1));
    }
    for stream in &mut half_open {
        assert_eq!(rest(stream).await, "");
    }
    drop(half_open);
    let give_up = Instant::now() + LONG;
    while count() > before {
        assert!(Instant::now() < give_up, "{} files are open, and {before} were", count());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    engram.list_buckets().await.unwrap();
}

/// By default, and a bit more and less than that.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const A_BIT: Duration = Duration::from_secs(1);

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_header_timeout() {
    let server = start().await;
    stop_the_clock();
    let mut stream = send(&server, REQUEST).await;
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    advance(HEADER_TIMEOUT - A_BIT).await;
    stream.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    advance(HEADER_TIMEOUT + A_BIT).await;
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn a_body_that_trickles_is_given_up_after_the_body_timeout() {
    let server = start().await;
    stop_the_clock();
    for (key, status) in [("Authorization: Bearer local\r\n", "HTTP/1.1 400 "), ("", "HTTP/1.1 401 ")] {
        let head = format!("POST /v1/query HTTP/1.1\r\nHost: localhost\r\n{key}Content-Length: 2000\r\n\r\n");
        let mut stream = send(&server, head.as_bytes()).await;
        advance(Duration::ZERO).await;
        // Never silent for as long as the timeout.
        for _ in 0..BODY_TIMEOUT.as_secs() {
            stream.write_all(b" ").await.unwrap();
            assert!(stream.try_read(&mut [0; 1]).is_err(), "it was given up too soon");
            advance(A_BIT).await;
        }
        advance(A_BIT * 2).await;
        let text = rest(&mut stream).await;
        assert!(text.starts_with(status), "{text}");
        assert!(key.is_empty() || text.contains("did not arrive within 60s"), "{text}");
    }
}

#[tokio::test]
async fn the_key_is_checked_before_the_body_is_asked_for() {
    let server = start_with(LocalServer::builder().api_key("right").body_timeout(NEVER)).await;
    let head = |key: &str| {
        format!(
            "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Length: 9000\r\n\
             Expect: 100-continue\r\n\r\n"
        )
    };
    let mut stream = send(&server, head("right").as_bytes()).await;
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 100 Continue"));
    let mut stream = send(&server, head("wrong").as_bytes()).await;
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn a_large_body_with_a_wrong_key_gets_its_401() {
    let server = start_with(LocalServer::builder().api_key("right").max_body_bytes(1000)).await;
    let head =
        "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\nContent-Length: 20000000\r\n\r\n";
    let mut stream = send(&server, head.as_bytes()).await;
    // Most clients send all of it before they look for an answer.
    stream.write_all(&vec![b'x'; 20_000_000]).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 401 "));
}

/// A server with an answer that is larger than what the operating system takes in for a client that does not read.
async fn with_large_answers() -> LocalServer {
    let server = start_with(LocalServer::builder().max_concurrent_requests(1)).await;
    // Each is sent three times: as a piece of the answer, in the whole answer, and in its explanation.
    let contents = (0..5).map(|number| format!("tea {number} {}", "x".repeat(250_000)));
    server.client().unwrap().store_memories(contents).await.unwrap();
    server
}

/// Asks for a large answer as a stream, over a connection on which little is under way at once.
async fn ask_for_stream(server: &LocalServer) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.address()).await.unwrap();
    let body = json!({"query": "tea", "stream": true}).to_string();
    let head = "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer local\r\nConnection: close\r\n";
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    stream.readable().await.unwrap();
    stream
}

#[tokio::test]
async fn a_client_that_does_not_read_its_stream_loses_it_after_the_write_timeout() {
    let server = with_large_answers().await;
    let _unread = ask_for_stream(&server).await;
    assert_eq!(get(&server, "/v1/buckets").await.status, 429);
    stop_the_clock();
    for _ in 0..100 {
        advance(WRITE_TIMEOUT / 4).await;
    }
    assert_eq!(server.open_streams(), 0, "the stream is held open");
    // Its memory and its place are free.
    assert_eq!(get(&server, "/v1/buckets").await.status, 200);
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_all_of_its_answer() {
    let server = with_large_answers().await;
    let mut stream = ask_for_stream(&server).await;
    stop_the_clock();
    let begin = tokio::time::Instant::now();
    let mut bytes = Vec::new();
    // Longer than the timeout in all, and shorter for what the operating system takes at once.
    while stream.read_buf(&mut bytes).await.unwrap() > 0 {
        advance(WRITE_TIMEOUT / 400).await;
    }
    assert!(
        bytes.ends_with(b"data: [DONE]\n\n\r\n0\r\n\r\n") && begin.elapsed() > WRITE_TIMEOUT * 2,
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test]
async fn a_connection_too_many_waits_until_another_one_is_answered() {
    let server = start_with(LocalServer::builder().max_connections(2).header_timeout(NEVER)).await;
    let (mut one, _two) = (send(&server, HALF_A_HEAD).await, send(&server, HALF_A_HEAD).await);
    let mut three = send(&server, REQUEST).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(three.try_read(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    one.write_all(b"Authorization: Bearer local\r\n\r\n").await.unwrap();
    assert!(rest(&mut one).await.starts_with("HTTP/1.1 200 OK"));
    assert!(answer(&mut three).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn idle_connections_leave_room_for_new_ones() {
    let server = start_with(LocalServer::builder().max_connections(8).header_timeout(NEVER)).await;
    let mut idle = Vec::new();
    for _ in 0..40 {
        let mut stream = send(&server, REQUEST).await;
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
        idle.push(stream);
    }
    // Where there is room they are kept for the next request.
    idle[0].write_all(REQUEST).await.unwrap();
    assert!(answer(&mut idle[0]).await.starts_with("HTTP/1.1 200 OK"));
}
