//! The answers of the server, held against openapi/engram.yaml. Every answer that a test gets through `wire` is.

use std::sync::LazyLock;
use std::time::Duration;

use lumetra_engram_local::LocalServer;
use lumetra_engram_spec::{End, Spec};
use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::{Answer, delete, get, post, request, start, start_with};

static ENGRAM: LazyLock<Spec> = LazyLock::new(|| Spec::of_engram().unwrap());

/// Panics where the spec does not allow this answer.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let Ok(operation) = ENGRAM.operation(method, path) else {
        // The spec says nothing of it; then it is an error in the usual shape.
        assert!(matches!(answer.status.as_u16(), 401 | 404 | 405), "{method} {path}: {}", answer.status);
        return drop(answer.error());
    };
    let mismatches =
        operation.check_response(answer.status, &answer.headers, &answer.text.clone().into(), &End::Reached);
    let mismatches: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
    assert!(mismatches.is_empty(), "{}\n{}", mismatches.join("\n"), answer.text);
}

#[tokio::test]
async fn an_answer_of_every_kind_is_in_the_spec() {
    let server = start().await;
    let memories = "/v1/buckets/b/memories";
    let mut seen = Vec::new();
    let mut saw = |answer: Answer, status: u16| {
        assert_eq!(answer.status, status, "{}", answer.text);
        seen.push(status);
        answer
    };
    saw(post(&server, "/v1/buckets", json!({"name": "b", "description": "what for"})).await, 200);
    saw(post(&server, "/v1/buckets", json!({"name": "b"})).await, 409);
    let id = saw(post(&server, memories, json!({"content": "green tea"})).await, 200).json()["id"].clone();
    saw(post(&server, memories, json!({"content": "green tea"})).await, 200);
    saw(post(&server, memories, json!({"memories": [{"content": "tea"}, {"content": "TEA"}]})).await, 200);
    saw(get(&server, memories).await, 200);
    saw(get(&server, "/v1/buckets").await, 200);
    for options in [
        json!({}),
        json!({"return_explanation": false}),
        json!({"skip_synthesis": true}),
        json!({"return_format": "json", "response_schema": {"properties": {"drinks": {"type": "array"}}}}),
    ] {
        for stream in [false, true] {
            let body = json!({"query": "tea", "buckets": ["b"], "stream": stream, "options": options});
            saw(post(&server, "/v1/query", body).await, 200);
        }
    }
    saw(get(&server, "/v1/buckets/b/profile").await, 200);
    saw(post(&server, "/v1/buckets/b/profile/regenerate", Value::Null).await, 412);
    saw(post(&server, "/v1/query", json!({"query": ""})).await, 422);
    saw(get(&server, "/v1/buckets?limit=x").await, 422);
    saw(Answer::of(request(&server, Method::POST, "/v1/query").body("{")).await, 400);
    saw(Answer::of(request(&server, Method::GET, memories).header("authorization", "no key")).await, 401);
    saw(get(&server, "/v1/buckets/none/memories").await, 404);
    saw(get(&server, "/v1/nowhere").await, 404);
    saw(Answer::of(request(&server, Method::PUT, memories)).await, 405);
    saw(delete(&server, &format!("{memories}/{}", id.as_str().unwrap())).await, 200);
    saw(delete(&server, memories).await, 200);
    saw(delete(&server, "/v1/buckets/b").await, 200);

    let bad_day = LocalServer::builder().missing_model_key(true).max_body_bytes(100).max_concurrent_requests(1);
    let server = start_with(bad_day.delta_latency(Duration::from_secs(3600))).await;
    saw(post(&server, memories, json!({"content": "tea"})).await, 412);
    saw(post(&server, memories, json!({"content": "tea".repeat(100)})).await, 413);
    saw(post(&server, "/v1/query", json!({"query": "tea".repeat(100)})).await, 413);
    let server =
        start_with(LocalServer::builder().max_concurrent_requests(1).delta_latency(Duration::from_secs(3600))).await;
    let _stream = server.client().unwrap().query_stream("tea").await.unwrap();
    saw(get(&server, "/v1/buckets").await, 429);
    for status in [200, 400, 401, 404, 405, 409, 412, 413, 422, 429] {
        assert!(seen.contains(&status), "{status}");
    }
}

#[test]
#[should_panic(expected = "list_memories response 200 /body/memories/0/id: is required, and missing")]
fn an_answer_that_is_not_in_the_spec_is_noticed() {
    let text = r#"{"memories":[{"content":"tea"}]}"#.to_owned();
    let headers = [("content-type".parse().unwrap(), "application/json".parse().unwrap())].into_iter().collect();
    let answer = Answer { status: reqwest::StatusCode::OK, headers, text };
    check(&Method::GET, "/v1/buckets/b/memories", &answer);
}
