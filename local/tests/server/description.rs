//! The answers of the server, held against openapi/engram.yaml. Every answer that a test gets through `wire` is.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use jsonschema::Validator;
use lumetra_engram_local::LocalServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::{Answer, delete, get, post, request, start, start_with};

const DESCRIPTION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/engram.yaml"));
const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

static SPEC: LazyLock<Value> = LazyLock::new(|| {
    let mut spec: Value = serde_saphyr::from_str(DESCRIPTION).unwrap();
    as_json_schema(&mut spec["components"]["schemas"]);
    spec
});
/// Each schema is compiled once.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Validator>>> = LazyLock::new(Mutex::default);

/// What OpenAPI 3.0 writes otherwise: `nullable` is a type of its own in JSON Schema.
fn as_json_schema(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("nullable") == Some(&json!(true)) {
                let kind = object["type"].take();
                object["type"] = json!([kind, "null"]);
            }
            object.values_mut().for_each(as_json_schema);
        }
        Value::Array(values) => values.iter_mut().for_each(as_json_schema),
        _ => {}
    }
}

/// Panics where the description does not allow this answer.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let place = format!("{method} {path}: {} {}", answer.status, answer.text.chars().take(300).collect::<String>());
    let content_type = answer.headers.get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let Some(operation) = operation(method, path) else {
        // The description says nothing of it; then it is an error in the usual shape.
        assert!(matches!(answer.status.as_u16(), 401 | 404 | 405), "{place}");
        return valid(&json!({"$ref": "#/components/schemas/Error"}), &answer.json(), &place);
    };
    let responses = &operation["responses"];
    let status = answer.status.as_u16().to_string();
    let response = responses.get(&status).or_else(|| responses.get(format!("{}XX", &status[..1])));
    let response = resolve(response.unwrap_or_else(|| panic!("the description has no such status: {place}")));
    let content_type = content_type.unwrap_or_else(|| panic!("there is no content type: {place}"));
    let schema = &response["content"][&content_type]["schema"];
    assert!(schema.is_object(), "the description has no {content_type}: {place}");
    match content_type.as_str() {
        EVENTS => frames(&answer.text).for_each(|frame| valid(schema, &frame, &place)),
        JSON => valid(schema, &answer.json(), &place),
        other => panic!("{other}: {place}"),
    }
    for (name, _) in response["headers"].as_object().into_iter().flatten() {
        assert!(answer.headers.contains_key(name), "{name} is missing: {place}");
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        let fits = |(segment, part): (&&str, &&str)| {
            if part.starts_with('{') { !segment.is_empty() } else { segment == part }
        };
        template.len() == segments.len() && segments.iter().zip(&template).all(fits)
    };
    let (_, item) = SPEC["paths"].as_object().unwrap().iter().find(|(template, _)| fits(template))?;
    item.get(method.as_str().to_lowercase())
}

/// What the description refers to here.
fn resolve(value: &'static Value) -> &'static Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    SPEC.pointer(reference.trim_start_matches('#')).unwrap()
}

fn valid(schema: &Value, value: &Value, place: &str) {
    let mut validators = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let validator = validators.entry(schema.to_string()).or_insert_with(|| {
        let mut schema = schema.clone();
        schema["components"] = json!({"schemas": SPEC["components"]["schemas"]});
        jsonschema::draft202012::new(&schema).unwrap()
    });
    let errors: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}: {place}");
}

/// The JSON of each event before the sentinel.
fn frames(text: &str) -> impl Iterator<Item = Value> {
    let events = text.strip_suffix("data: [DONE]\n\n").expect("the sentinel ends the stream");
    events.split_terminator("\n\n").map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
}

#[tokio::test]
async fn an_answer_of_every_kind_is_in_the_description() {
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
#[should_panic(expected = "is not valid under any of the schemas")]
fn an_answer_that_is_not_in_the_description_is_noticed() {
    let text = r#"{"memories":[{"content":"tea"}]}"#.to_owned();
    let headers = [("content-type".parse().unwrap(), JSON.parse().unwrap())].into_iter().collect();
    let answer = Answer { status: reqwest::StatusCode::OK, headers, text };
    check(&Method::GET, "/v1/buckets/b/memories?limit=3", &answer);
}
