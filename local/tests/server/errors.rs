use std::time::Duration;

use lumetra_engram_local::{LocalServer, LocalServerBuilder, LocalServerError};
use reqwest::Method;
use serde_json::json;

use crate::wire::{Answer, get, http, post, request, start};

#[tokio::test]
async fn a_key_that_is_missing_or_malformed_gets_401() {
    let server = start().await;
    let url = format!("{}/v1/buckets", server.base_url());
    for authorization in
        [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Basic a2V5"), Some("key"), Some("Bearer a b")]
    {
        let mut request = http().get(&url);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = Answer::of(request).await;
        assert_eq!(answer.text, r#"{"error":"Invalid API key"}"#, "{authorization:?}");
        assert_eq!(answer.error().0, 401);
    }
    let twice = http().get(&url).header("authorization", "Bearer a").header("authorization", "Bearer b");
    assert_eq!(Answer::of(twice).await.status, 401);
    assert_eq!(Answer::of(http().get(&url).header("authorization", "bearer  key ")).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_no_json_gets_400() {
    let server = start().await;
    let bodies: [&[u8]; 6] =
        [b"", b"{", b"nonsense", b"{\"query\":\"\xff\"}", b"{\"query\":\"\\ud800\"}", &[b'['; 100_000]];
    for body in bodies {
        for path in ["/v1/query", "/v1/buckets", "/v1/buckets/default/memories"] {
            let answer = Answer::of(request(&server, Method::POST, path).body(body.to_vec())).await;
            let (status, message, code) = answer.error();
            assert_eq!((status, code.as_deref()), (400, Some("INVALID_REQUEST")), "{path}: {message}");
        }
    }
}

#[tokio::test]
async fn a_value_that_is_wrong_gets_422_with_its_place() {
    let server = start().await;
    for (path, body, place) in [
        ("/v1/query", json!({}), "`query`"),
        ("/v1/query", json!({"query": 5}), "query: "),
        ("/v1/query", json!({"query": " "}), "query "),
        ("/v1/query", json!([]), "object"),
        ("/v1/query", json!({"query": "a", "buckets": ["a", 1]}), "buckets[1]: "),
        ("/v1/query", json!({"query": "a", "buckets": "a"}), "buckets: "),
        ("/v1/query", json!({"query": "a", "options": {"top_k": 0}}), "options.top_k: "),
        ("/v1/query", json!({"query": "a", "options": {"top_k": -1}}), "options.top_k: "),
        ("/v1/query", json!({"query": "a", "options": {"top_k_per_bucket": "x"}}), "options.top_k_per_bucket: "),
        ("/v1/query", json!({"query": "a", "options": {"top_k_per_bucket": {"a": 0}}}), "options.top_k_per_bucket: "),
        ("/v1/query", json!({"query": "a", "options": {"top_k": 2_147_483_648_u32}}), "options.top_k: "),
        ("/v1/query", json!({"query": "a", "options": {"max_tokens": 4_294_967_295_u32}}), "options.max_tokens: "),
        (
            "/v1/query",
            json!({"query": "a", "options": {"top_k_per_bucket": {"a": 2_147_483_648_u32}}}),
            "options.top_k_per_bucket: ",
        ),
        ("/v1/query", json!({"query": "a", "options": {"return_format": "xml"}}), "options.return_format: "),
        ("/v1/query", json!({"query": "a", "options": {"response_schema": "x"}}), "options.response_schema: "),
        ("/v1/buckets", json!({}), "`name`"),
        ("/v1/buckets", json!({"name": ["a"]}), "name: "),
        ("/v1/buckets/default/memories", json!({"content": 5}), "content: "),
        ("/v1/buckets/default/memories", json!({"content": "a", "dedup": "maybe"}), "dedup: "),
        ("/v1/buckets/default/memories", json!({"memories": ["a"]}), "memories[0]: "),
        ("/v1/buckets/default/memories", json!({"text": "a"}), "`content`"),
    ] {
        let (status, message, code) = post(&server, path, body.clone()).await.error();
        assert_eq!((status, code.as_deref()), (422, Some("INVALID_REQUEST")), "{body}");
        assert!(message.contains(place), "{body}: {message}");
    }
}

#[tokio::test]
async fn an_error_does_not_repeat_a_long_value() {
    let server = start().await;
    let long = "x".repeat(100_000);
    let answer =
        post(&server, "/v1/query", json!({"query": "a", "options": {"top_k": long, "return_format": long}})).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.len() < 1000);
}

#[tokio::test]
async fn what_there_is_no_route_for_gets_404_and_405() {
    let server = start().await;
    for path in ["/v1", "/v1/nothing", "/v2/buckets", "/v1/buckets/default/memories/id/more", "/v1/buckets//memories"] {
        assert_eq!(get(&server, path).await.error().0, 404, "{path}");
    }
    for (method, path) in [
        (Method::PUT, "/v1/buckets"),
        (Method::GET, "/v1/query"),
        (Method::PATCH, "/v1/buckets/default/memories"),
        (Method::GET, "/v1/buckets/default/memories/id"),
    ] {
        assert_eq!(Answer::of(request(&server, method, path)).await.error().0, 405, "{path}");
    }
}

#[tokio::test]
async fn a_path_that_is_no_utf_8_gets_400() {
    let server = start().await;
    for path in ["/v1/buckets/%ff/memories", "/v1/buckets/default/memories/%c3%28", "/v1/buckets/%80"] {
        assert_eq!(Answer::of(request(&server, Method::DELETE, path)).await.error().0, 400, "{path}");
    }
}

/// What cannot work, the setting that the error names, and what it says.
fn useless() -> Vec<(LocalServerBuilder, &'static str, &'static str)> {
    let with = LocalServer::builder;
    let long = Duration::MAX;
    vec![
        (with().max_concurrent_requests(0), "max_concurrent_requests", "at least 1"),
        (with().max_connections(0), "max_connections", "from 1"),
        (with().max_connections(usize::MAX), "max_connections", "from 1"),
        (with().max_body_bytes(0), "max_body_bytes", "at least 15"),
        (with().max_body_bytes(14), "max_body_bytes", "at least 15"),
        (with().max_memory_bytes(0), "max_memory_bytes", "at least 1"),
        (with().neighbours(-0.1), "neighbours", "from 0 to 1"),
        (with().neighbours(1.5), "neighbours", "from 0 to 1"),
        (with().neighbours(f64::NAN), "neighbours", "from 0 to 1"),
        (with().header_timeout(Duration::ZERO), "header_timeout", "at least 1ms"),
        (with().body_timeout(Duration::ZERO), "body_timeout", "at least 1ms"),
        (with().write_timeout(Duration::from_nanos(1)), "write_timeout", "at least 1ms"),
        (with().header_timeout(long), "header_timeout", "365 days"),
        (with().body_timeout(long), "body_timeout", "365 days"),
        (with().write_timeout(long), "write_timeout", "365 days"),
        (with().retry_after(long), "retry_after", "365 days"),
        (with().synthesis_latency(long), "synthesis_latency", "365 days"),
        (with().delta_latency(long), "delta_latency", "365 days"),
        (with().shutdown_timeout(long), "shutdown_timeout", "365 days"),
        (with().api_key(""), "api_key", "must not be empty"),
        (with().api_key("two words"), "api_key", "without spaces"),
        (with().api_key("k\u{e9}"), "api_key", "ASCII"),
        (with().listen("nowhere"), "listen", "write nowhere:7878"),
        (with().allow_host("http://box.lan"), "allow_host", "write box.lan"),
        (with().allow_origin("localhost:3000"), "allow_origin", "write http://localhost:3000"),
    ]
}

#[tokio::test]
async fn a_setting_that_cannot_work_is_refused_and_the_error_says_what_to_write() {
    for (builder, name, says) in useless() {
        let shown = format!("{builder:?}");
        match builder.start().await.expect_err(&shown) {
            LocalServerError::Setting { setting, message, .. } => {
                assert!(setting == name && message.contains(says), "{setting} {message}: {shown}");
            }
            error => panic!("{error}: {shown}"),
        }
    }
}

#[tokio::test]
async fn the_least_and_the_most_that_is_permitted_work() {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let builder = LocalServer::builder().max_body_bytes(15).max_memory_bytes(1).max_connections(1).listen("0");
    let builder = builder.header_timeout(year).body_timeout(year).write_timeout(year).shutdown_timeout(year);
    let server = builder.retry_after(year).max_concurrent_requests(1).start().await.unwrap();
    assert_eq!(post(&server, "/v1/buckets/b/memories", json!({"content": "a"})).await.status, 200);
    assert_eq!(post(&server, "/v1/buckets/b/memories", json!({"content": "ab"})).await.status, 413);
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_that_names_it() {
    let server = start().await;
    let taken = LocalServer::builder().listen(server.address()).start().await.unwrap_err();
    assert_eq!(taken.to_string(), format!("cannot listen at {}", server.address()));
    assert!(std::error::Error::source(&taken).is_some());
}
