//! The memory that an answer takes, whatever the server sends. The allocator of this program counts, so its tests run one at a time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/support/mod.rs"]
mod support;

use std::iter::{once, repeat_n};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lumetra_engram::{EngramClient, EngramError, QueryResult, QueryStreamEvent};
use peak_alloc::PeakAlloc;
use serde_json::json;
use support::{KEY, block, call, delta};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
/// The bound that the clients here are built with.
const BOUND: usize = 4 * MIB;
/// The buffer of a body grows by doubling, but never beyond the bound: while it is copied, its old half and its new whole are there.
const BODY_MULTIPLE: usize = 2;
/// The parser's buffer of a frame doubles past the bound: a whole and the two that it grows to.
const FRAME_MULTIPLE: usize = 3;
/// What connections, tasks and this test take besides.
const OVERHEAD: usize = 2 * MIB;

/// Answers one request with these parts, until the client has enough. Says how many bytes of them it took.
async fn serve<P: AsRef<[u8]> + Send>(
    head: &str,
    parts: impl Iterator<Item = P> + Send + 'static,
) -> (SocketAddr, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let head = format!("HTTP/1.1 {head}\r\n\r\n");
    let serving = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await;
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut taken = 0;
        for part in parts {
            if socket.write_all(part.as_ref()).await.is_err() {
                break;
            }
            taken += part.as_ref().len();
        }
        taken
    });
    (address, serving)
}

/// All requests here are small: they come at once, and end with their body.
async fn read_request(socket: &mut TcpStream) {
    let mut read = [0; 4 * KIB];
    let mut length = 0;
    while !read[..length].windows(4).any(|window| window == b"\r\n\r\n") {
        length += socket.read(&mut read[length..]).await.unwrap();
    }
}

fn client(address: SocketAddr, bound: usize) -> EngramClient {
    EngramClient::builder()
        .api_key(KEY)
        .base_url(format!("http://{address}"))
        .max_response_bytes(bound)
        .timeout(Duration::from_secs(300))
        .build()
        .unwrap()
}

/// Runs the call, and says how much more memory was held at most than before.
async fn peak_of<T>(call: impl Future<Output = T>) -> (T, usize) {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let output = call.await;
    (output, ALLOCATOR.peak_usage().saturating_sub(before))
}

/// Far more than the bound, so that a client that reads it all is seen; and an end, so that it ends.
const ENDLESS: usize = 16 * BOUND;

fn endless(part: &str) -> impl Iterator<Item = Vec<u8>> + Send + 'static {
    let part = part.repeat((64 * KIB).div_ceil(part.len())).into_bytes();
    let times = ENDLESS / part.len();
    repeat_n(part, times)
}

fn names_the_bound(error: &EngramError) -> bool {
    let text = error.to_string();
    text.contains(&format!("{BOUND} bytes")) && text.contains("max_response_bytes")
}

const OPERATIONS: [&str; 12] = [
    "store_memory",
    "store_memories",
    "list_memories",
    "delete_memory",
    "clear_memories",
    "query",
    "query_stream",
    "list_buckets",
    "create_bucket",
    "delete_bucket",
    "get_profile",
    "regenerate_profile",
];

#[tokio::test]
async fn an_answer_without_end_is_an_error_that_names_the_bound_and_holds_little() {
    let _one = ONE_AT_A_TIME.lock().await;
    for operation in OPERATIONS {
        let (address, serving) =
            serve("200 OK\r\ncontent-type: application/json", once(b"{\"answer\":\"".to_vec()).chain(endless("x")))
                .await;
        let engram = client(address, BOUND);
        let (outcome, peak) = peak_of(call(&engram, operation)).await;
        match outcome {
            Ok(_) => assert!(operation.starts_with("delete"), "{operation}: nothing of a deletion's answer is needed"),
            Err(error) => assert!(names_the_bound(&error), "{operation}: {error}"),
        }
        println!("{operation}, endless JSON: {:.2} of the bound", peak as f64 / BOUND as f64);
        assert!(peak <= BODY_MULTIPLE * BOUND + OVERHEAD, "{operation} held {peak} bytes");
        assert!(serving.await.unwrap() < ENDLESS, "{operation} read on");
    }
}

#[tokio::test]
async fn an_error_without_end_is_that_error_and_holds_little() {
    let _one = ONE_AT_A_TIME.lock().await;
    for operation in OPERATIONS {
        let (address, serving) = serve("500 Oops\r\ncontent-type: text/plain", endless("no ")).await;
        let engram = client(address, BOUND);
        let (outcome, peak) = peak_of(call(&engram, operation)).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(500), "{operation}: {error}");
        println!("{operation}, endless error: {} KiB", peak / KIB);
        // However large the bound is, 64 KiB of an error are kept.
        assert!(peak <= OVERHEAD, "{operation} held {peak} bytes");
        assert!(serving.await.unwrap() < ENDLESS, "{operation} read on");
    }
}

const EVENTS: &str = "200 OK\r\ncontent-type: text/event-stream";

/// Reads a stream as an application does that keeps nothing. Counts the deltas.
async fn read(engram: &EngramClient) -> (usize, Result<QueryResult, EngramError>) {
    let mut stream = engram.query_stream("q").await.unwrap();
    let mut deltas = 0;
    loop {
        match stream.next().await.expect("an answer or an error") {
            Ok(QueryStreamEvent::Delta { .. }) => deltas += 1,
            Ok(QueryStreamEvent::Done(result)) => return (deltas, Ok(*result)),
            Ok(other) => panic!("an unknown event: {other:?}"),
            Err(error) => return (deltas, Err(error)),
        }
    }
}

#[tokio::test]
async fn a_stream_without_end_is_an_error_that_names_the_bound_and_holds_little() {
    let _one = ONE_AT_A_TIME.lock().await;
    let large_delta = block(&delta(&"x".repeat(64 * KIB)));
    for (form, start, part) in [
        ("a line", "data: ", "x"),
        ("a line of JSON", "data: {\"answer\":\"", "x"),
        ("a frame of many lines", "", "data: 1\n"),
        ("a comment", ":", "x"),
        ("comments that complete no frame", "", ": ping\n"),
        ("an event's name", "event: ", "x"),
        ("an unknown field", "unknown: ", "x"),
        ("an unknown field's name", "", "x"),
        ("ids", "", "id: 1\n"),
        ("deltas that no answer can hold", "", large_delta.as_str()),
    ] {
        let (address, serving) = serve(EVENTS, once(start.as_bytes().to_vec()).chain(endless(part))).await;
        let engram = client(address, BOUND);
        let ((_, end), peak) = peak_of(read(&engram)).await;
        let error = end.unwrap_err();
        assert!(matches!(error, EngramError::Stream(_)) && names_the_bound(&error), "{form}: {error}");
        println!("{form}: {:.2} of the bound", peak as f64 / BOUND as f64);
        assert!(peak <= FRAME_MULTIPLE * BOUND + OVERHEAD, "{form} held {peak} bytes");
        assert!(serving.await.unwrap() < ENDLESS, "{form}: read on");
    }
}

const FINAL: &str = "data: {\"memories_found\":1}\n\n";

/// More than the bound, so that what is kept of it would be seen.
const SKIPPED: usize = BOUND + OVERHEAD;

#[tokio::test]
async fn what_is_skipped_holds_nothing() {
    let _one = ONE_AT_A_TIME.lock().await;
    for (form, part) in [
        ("comments", ": ping\n\n"),
        ("events without data", "event: ping\nid: 1\n\n"),
        ("empty lines", "\n"),
        ("unknown frames", "data: {\"status\":\"retrieving\"}\n\n"),
    ] {
        let part = part.repeat((64 * KIB).div_ceil(part.len())).into_bytes();
        let times = SKIPPED / part.len();
        let (address, _) = serve(EVENTS, repeat_n(part, times).chain(once(FINAL.as_bytes().to_vec()))).await;
        let engram = client(address, BOUND);
        let (start, ((_, end), peak)) = (Instant::now(), peak_of(read(&engram)).await);
        end.unwrap();
        println!("{} MiB of {form}: {} KiB held, {:?}", SKIPPED / MIB, peak / KIB, start.elapsed());
        assert!(peak <= OVERHEAD, "{form} held {peak} bytes");
    }
}

#[tokio::test]
async fn two_hundred_thousand_small_frames_hold_no_more_than_the_answer() {
    let _one = ONE_AT_A_TIME.lock().await;
    let part = block(&delta("ab")).repeat(1_000);
    let (address, _) = serve(EVENTS, repeat_n(part, 200).chain(once(FINAL.to_owned()))).await;
    let engram = client(address, BOUND);
    let (start, ((deltas, end), peak)) = (Instant::now(), peak_of(read(&engram)).await);
    assert_eq!((deltas, end.unwrap().answer.len()), (200_000, 400_000));
    println!("200,000 frames: {} KiB held, {:?}", peak / KIB, start.elapsed());
    assert!(peak <= FRAME_MULTIPLE * 400_000 + OVERHEAD, "{peak} bytes held");
}

/// The stream, each piece of which the client sees apart.
fn in_pieces(stream: Arc<[u8]>, length: usize) -> impl Iterator<Item = Vec<u8>> + Send {
    let at_once = (64 * KIB / length).max(1);
    let writes = stream.len().div_ceil(length * at_once);
    let chunks = move |index: usize| {
        let written = stream.chunks(length).skip(index * at_once).take(at_once);
        let chunks = written.map(|piece| [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
        chunks.collect::<Vec<_>>().concat()
    };
    (0..writes).map(chunks).chain(once(b"0\r\n\r\n".to_vec()))
}

/// Reads a stream with a frame of this size under the default bound. Says how long it took and what was held.
async fn read_frame(frame: String, piece: usize) -> (QueryResult, Duration, usize) {
    let stream: Arc<[u8]> = [block(&frame), FINAL.to_owned()].concat().into_bytes().into();
    let head = format!("{EVENTS}\r\ntransfer-encoding: chunked");
    let (address, _) = serve(&head, in_pieces(Arc::clone(&stream), piece)).await;
    let engram = EngramClient::builder().api_key(KEY).base_url(format!("http://{address}")).build().unwrap();
    let (start, ((_, end), peak)) = (Instant::now(), peak_of(read(&engram)).await);
    (end.unwrap(), start.elapsed(), peak)
}

/// Time that grows with the square of the size would be hours.
const LONGEST: Duration = Duration::from_secs(120);

#[tokio::test]
async fn a_large_frame_is_read_in_time_whatever_its_pieces() {
    let _one = ONE_AT_A_TIME.lock().await;
    let as_delta: fn(&str) -> String = delta;
    let as_final = |text: &str| json!({ "answer": text }).to_string();
    for (kind, frame, size, piece) in [
        ("delta", as_delta, 32 * MIB, KIB),
        ("final", as_final, 32 * MIB, KIB),
        ("delta", as_delta, 32 * MIB, 16 * KIB),
        ("delta", as_delta, MIB / 4, 1),
    ] {
        let text = "x".repeat(size);
        let (result, took, peak) = read_frame(frame(&text), piece).await;
        assert_eq!(result.answer, text, "{kind}");
        let multiple = peak as f64 / size as f64;
        println!("a {kind} frame of {size} bytes in pieces of {piece}: {took:?}, {multiple:.2} of its size held");
        // Beside its data, the text of a delta is there twice: for the caller and for the answer.
        assert!(peak <= (FRAME_MULTIPLE + 1) * size + OVERHEAD, "{kind} frame of {size}: {peak} bytes held");
        assert!(took < LONGEST, "{kind} frame of {size} in pieces of {piece}: {took:?}");
    }
}
