//! The API key and the values of default headers are shown nowhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

#[cfg(feature = "http2")]
use crate::support::PATIENCE;
use crate::support::{
    Answer, Gate, KEY, Server, answer_for_all, assert_one_short_line, every_operation, everything_printed,
    on_paused_time,
};
use lumetra_engram::{EngramClient, EngramError};
use serde_json::json;
#[cfg(feature = "http2")]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Asserts that a text holds neither the key nor most of it.
fn assert_hidden(text: &str, key: &str) {
    let most = &key[..key.len() - 1];
    assert!(!text.contains(most), "the key {key} is in: {text}");
}

fn assert_error_hides(error: &EngramError, key: &str) {
    assert_hidden(&everything_printed(error), key);
    assert_hidden(error.code().unwrap_or_default(), key);
    assert_one_short_line(error);
}

/// The errors of every operation and of reading a stream, where a server answers so.
async fn errors_of(answer: Answer, key: &str) -> Vec<EngramError> {
    let server = Server::always(answer).await;
    // After a 429, it would wait.
    let builder = server.builder().max_retries_on_429(0).adaptive_concurrency(false);
    let engram = builder.api_key(key).timeout(Duration::from_secs(5)).build().unwrap();
    let mut errors = Vec::new();
    for (_, call) in every_operation(&engram) {
        errors.extend(call.await.err());
    }
    if let Ok(stream) = engram.query_stream("q").await {
        errors.extend(stream.finish().await.err());
    }
    assert!(!errors.is_empty(), "the server's answer is an error of some call");
    errors
}

#[tokio::test]
async fn a_server_that_echoes_the_header_does_not_make_an_error_show_the_key() {
    let echo = format!("Authorization: Bearer {KEY}");
    let json_answer = |status, body| Answer::json(status, &body);
    let answers = [
        Answer::text(401, "text/plain", format!("bad header {echo}")),
        Answer::text(502, "text/html", format!("<p>{echo}</p>")),
        json_answer(401, json!({ "error": format!("not a key: {KEY}") })),
        json_answer(401, json!({ "error": { "message": "no", "code": KEY, "headers": { KEY: echo } } })),
        json_answer(429, json!({ "error": echo })),
        json_answer(400, json!(KEY)),
        Answer::empty(302).header("location", &format!("http://127.0.0.1:1/login?token={KEY}")),
        json_answer(200, json!({ "id": [KEY], "memories": KEY, "buckets": KEY, "answer": { "a": KEY }, "status": 5 })),
        json_answer(200, json!({ "error": echo })),
        json_answer(200, json!(KEY)),
        Answer::text(200, "application/json", format!("{{\"answer\": \"{KEY}")),
        Answer::sse([json!({ "error": echo }).to_string()]),
        Answer::sse([json!({ "error": { "message": echo, "code": KEY } }).to_string()]),
        Answer::sse([json!({ "choices": KEY }).to_string()]),
        Answer::sse([json!({ "answer": "a", "usage": { "output_tokens": KEY } }).to_string()]),
        Answer::sse([KEY]),
        Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{echo}")).close(),
        Answer::raw(format!("{echo}\r\n\r\n")).close(),
    ];
    for answer in answers {
        for error in errors_of(answer, KEY).await {
            assert_error_hides(&error, KEY);
        }
    }
}

#[tokio::test]
async fn a_content_type_that_holds_the_key_is_not_shown() {
    for status in [200, 500] {
        for error in errors_of(Answer::text(status, &format!("text/x; {KEY}"), "<html>"), KEY).await {
            assert_error_hides(&error, KEY);
        }
    }
}

#[tokio::test]
async fn a_key_that_json_writes_in_another_way_is_not_shown_either() {
    let key = "eng_live/secret";
    let body = json!({ "error": format!("not a key: {key}") }).to_string().replace('/', "\\/");
    for error in errors_of(Answer::text(401, "application/json", body), key).await {
        assert_error_hides(&error, key);
    }
    let body = json!({ "error": format!("not a key: {KEY}") }).to_string().replace("eng_", "\\u0065ng_");
    for error in errors_of(Answer::text(401, "application/json", body), KEY).await {
        assert_error_hides(&error, KEY);
    }
}

#[tokio::test]
async fn a_key_with_a_quote_is_refused_or_not_shown() {
    // JSON and `Debug` write the quote and the backslash in another way.
    let key = "eng_live\"sec\\ret";
    if EngramClient::builder().api_key(key).base_url("http://127.0.0.1:1").build().is_err() {
        return;
    }
    for answer in [
        Answer::json(401, &json!({ "error": format!("not a key: {key}") })),
        Answer::json(200, &json!({ "id": 1, "memories": key, "buckets": key, "answer": [], "bucket_id": [key] })),
        Answer::sse([json!({ "error": { "message": key, "code": key } }).to_string()]),
        Answer::sse([json!({ "choices": key }).to_string()]),
    ] {
        for error in errors_of(answer, key).await {
            assert_error_hides(&error, key);
            assert_hidden(&everything_printed(&error), r#"eng_live\"sec\\ret"#);
        }
    }
}

#[tokio::test]
async fn a_wrong_value_that_holds_an_escaped_key_is_not_shown() {
    let key = "eng_live/secret";
    let body = json!({ "id": { key: 1 }, "memories": key, "buckets": key, "answer": 5, "memories_found": key });
    let body = body.to_string().replace('/', "\\/");
    for answer in [
        Answer::text(200, "application/json", &body),
        Answer::sse([json!({ "choices": key }).to_string().replace('/', "\\/")]),
        Answer::sse([json!({ "error": key }).to_string().replace('/', "\\/")]),
    ] {
        for error in errors_of(answer, key).await {
            assert_error_hides(&error, key);
        }
    }
}

#[tokio::test]
async fn a_body_is_not_cut_in_the_middle_of_the_key() {
    // The kept part of a large body ends one character before the end of the key.
    let body = format!("{}{KEY}{}", "x".repeat(64 * 1024 - KEY.len() + 1), "y".repeat(1_000));
    for error in errors_of(Answer::text(500, "text/plain", body), KEY).await {
        assert_hidden(&everything_printed(&error), KEY);
    }
}

#[tokio::test]
async fn a_message_is_not_cut_in_the_middle_of_the_key() {
    for padding in 130..200 {
        let location = format!("/{}{KEY}", "x".repeat(padding));
        let server = Server::start([Answer::empty(302).header("location", &location)]).await;
        let error = server.builder().build().unwrap().list_buckets().await.unwrap_err();
        assert_hidden(&everything_printed(&error), KEY);
    }
}

/// The header block of the first request over HTTP/2 that comes in.
#[cfg(feature = "http2")]
async fn first_header_block(socket: &mut tokio::net::TcpStream) -> std::io::Result<Vec<u8>> {
    const PREFACE: usize = 24;
    const EMPTY_SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const HEADERS: u8 = 1;
    socket.write_all(&EMPTY_SETTINGS).await?;
    socket.read_exact(&mut [0; PREFACE]).await?;
    for _ in 0..20 {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await?;
        let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        socket.read_exact(&mut payload).await?;
        if head[3] == HEADERS {
            return Ok(payload);
        }
    }
    Err(std::io::ErrorKind::InvalidData.into())
}

/// Over HTTP/2 a header that is marked as sensitive must not be kept in the tables of its compression, on any hop. That is
/// where the mark can be seen.
#[cfg(feature = "http2")]
#[tokio::test]
async fn the_header_is_marked_as_sensitive() {
    const NEVER_INDEXED_AUTHORIZATION: [u8; 2] = [0x1f, 0x08];
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let http = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let engram = EngramClient::builder().api_key(KEY).base_url(url).http_client(http).build().unwrap();
    let call = tokio::spawn(engram.list_buckets().send());
    let (mut socket, _) = listener.accept().await.unwrap();
    let block = tokio::time::timeout(PATIENCE, first_header_block(&mut socket)).await.unwrap().unwrap();
    assert!(block.windows(2).any(|window| window == NEVER_INDEXED_AUTHORIZATION), "{block:02x?}");
    call.abort();
}

#[tokio::test(start_paused = true)]
async fn failures_of_the_transport_do_not_show_it() {
    let slow = Answer::silence().wait(&Gate::new());
    let server = Server::start([Answer::silence().close(), slow, Answer::raw("no HTTP\r\n\r\n").close()]).await;
    let engram = server.builder().timeout(Duration::from_secs(50)).build().unwrap();
    for _ in 0..3 {
        let call = on_paused_time(Duration::from_millis(500), engram.create_bucket("x").send());
        assert_error_hides(&call.await.0.unwrap_err(), KEY);
    }
    let invalid = engram.store_memory("x").bucket("..").await.unwrap_err();
    assert_error_hides(&invalid, KEY);
    drop(server);
    let call = on_paused_time(Duration::from_millis(500), engram.store_memory("x").send());
    assert_error_hides(&call.await.0.unwrap_err(), KEY);
}

#[tokio::test]
async fn an_own_client_that_follows_redirects_takes_no_key_to_another_host() {
    for status in [302, 307] {
        let stranger = Server::start([Answer::json(200, &answer_for_all())]).await;
        let away = format!("{}/v1/buckets", stranger.url());
        let server = Server::start([Answer::empty(status).header("location", &away)]).await;
        let follows = reqwest::Client::new();
        let engram = server.builder().http_client(follows).build().unwrap();
        engram.list_buckets().await.unwrap();
        assert_eq!(server.request().header("authorization"), [format!("Bearer {KEY}")]);
        assert_hidden(&format!("{:?}", stranger.request()), KEY);
    }
}

#[tokio::test]
async fn errors_of_the_generated_client_do_not_show_it() {
    let server = Server::start([Answer::json(401, &json!({ "error": "no" })), Answer::silence().close()]).await;
    let engram = server.client();
    for _ in 0..2 {
        let error = engram.api().list_buckets(None, None).await.unwrap_err();
        assert_hidden(&format!("{error} {error:?} {error:#?}"), KEY);
    }
}

#[test]
fn an_unusable_key_is_a_configuration_error_that_does_not_show_it() {
    for key in [
        "eng_live_top secret",
        "eng_live_top\nsecret",
        "eng_live_top\tsecret",
        "eng_live_top\0secret",
        "eng_live_topé",
        "eng_live_top\u{7f}x",
    ] {
        let builder = EngramClient::builder().api_key(key).base_url("http://127.0.0.1:1");
        let error = builder.build().unwrap_err();
        assert!(matches!(error, EngramError::Config(_)), "{error:?}");
        assert_error_hides(&error, "eng_live_top");
        assert!(EngramClient::new(key).is_err());
    }
    for key in ["", " ", "\n\t"] {
        let error = EngramClient::builder().api_key(key).base_url("http://127.0.0.1:1").build().unwrap_err();
        assert!(matches!(error, EngramError::Config(_)) && error.to_string().contains("empty"), "{error:?}");
    }
}

#[test]
fn other_errors_of_the_configuration_do_not_show_it() {
    let builder = || EngramClient::builder().api_key(KEY).base_url("http://127.0.0.1:1");
    let errors = [
        builder().base_url(format!("https://x/?key={KEY}")).build(),
        builder().base_url(KEY).build(),
        builder().base_url(format!("https://user:{KEY}@x")).build(),
        builder().default_header("authorization", format!("Bearer {KEY}")).build(),
        builder().default_header("x-key", format!("{KEY}\n")).build(),
        builder().timeout(Duration::ZERO).build(),
        builder().user_agent(format!("{KEY}\0")).build(),
    ];
    for outcome in errors {
        assert_error_hides(&outcome.unwrap_err(), KEY);
    }
}

#[tokio::test]
async fn white_space_around_a_key_is_trimmed() {
    let server = Server::start([Answer::json(200, &answer_for_all())]).await;
    let engram = server.builder().api_key(format!(" \t{KEY}\r\n")).build().unwrap();
    engram.list_buckets().await.unwrap();
    assert_eq!(server.request().header("authorization"), [format!("Bearer {KEY}")]);
}
