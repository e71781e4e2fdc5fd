//! What is found in requests and responses, and where.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use lumetra_engram_spec::{End, Mismatch, Spec, SpecError};
use serde_json::json;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// Engram's spec with one text in place of another.
fn changed(from: &str, to: &str) -> Result<Spec, SpecError> {
    let text = include_str!("../../../openapi/engram.yaml");
    assert!(text.contains(from), "{from}");
    Spec::parse(&text.replacen(from, to, 1))
}

static ENGRAM: LazyLock<Spec> = LazyLock::new(|| Spec::of_engram().unwrap());

fn lines(mismatches: &[Mismatch]) -> Vec<String> {
    mismatches.iter().map(ToString::to_string).collect()
}

/// A request in a line: the method, the target, and the body if there is one.
fn request(line: &str) -> Request<Bytes> {
    let mut parts = line.splitn(3, ' ');
    let mut request = Request::builder().method(parts.next().unwrap()).uri(parts.next().unwrap());
    request = request.header(AUTHORIZATION, "Bearer secret");
    let body = parts.next().unwrap_or_default();
    let request = if body.is_empty() { request } else { request.header(CONTENT_TYPE, JSON) };
    request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

/// What is wrong with this request.
fn requested(spec: &Spec, request: &Request<Bytes>) -> Vec<String> {
    match spec.operation(request.method(), request.uri().path()) {
        Ok(operation) => lines(&operation.check_request(request)),
        Err(mismatch) => vec![mismatch.to_string()],
    }
}

fn headers(content_type: &str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())])
}

/// What is wrong with this response to this request.
fn responded(request: &str, status: u16, headers: &HeaderMap, body: &str, end: &End) -> Vec<String> {
    let (method, path) = request.split_once(' ').unwrap();
    let operation = ENGRAM.operation(&method.parse().unwrap(), path).unwrap();
    let body = Bytes::copy_from_slice(body.as_bytes());
    lines(&operation.check_response(StatusCode::from_u16(status).unwrap(), headers, &body, end))
}

fn streamed(events: &str) -> Vec<String> {
    responded("POST /v1/query", 200, &headers(EVENTS), events, &End::Reached)
}

/// Lines of what is checked, and after an arrow what is found in it.
fn cases(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.trim().lines().map(|line| line.split_once(" -> ").unwrap())
}

#[test]
fn a_request_that_fits_has_no_mismatch() {
    for line in [
        "GET /v1/buckets",
        "GET /v1/buckets/user%20123%2F%C3%A4/memories?limit=20&offset=0",
        r#"POST /v1/buckets/a+b/memories {"content":"x","dedup":"off"}"#,
        r#"POST /v1/buckets/b/memories {"memories":[{"content":"x"}]}"#,
        r#"POST /v1/query {"query":"q","options":{"top_k_per_bucket":{"b":1},"response_schema":{"any":[1]}}}"#,
        r#"POST /v1/buckets {"name":"b","description":null}"#,
        "DELETE /v1/buckets/b/memories/m",
        "POST /v1/buckets/b/profile/regenerate",
    ] {
        assert_eq!(requested(&ENGRAM, &request(line)), [""; 0], "{line}");
    }
}

const WRONG_REQUESTS: &str = r#"
GET /v1/memories -> GET /v1/memories request /path: no operation of the spec has this method and path
PUT /v1/query -> PUT /v1/query request /path: no operation of the spec has this method and path
DELETE /v1/buckets/ -> delete_bucket request /path/bucket: is empty, so that the URL names another route
DELETE /v1/buckets/b/memories/%2e%2E -> delete_memory request /path/memory_id: is "..", so that the URL names another route
DELETE /v1/buckets/50%/memories -> clear_memories request /path/bucket: is not percent-encoded: it holds '%'
DELETE /v1/buckets/%ff -> delete_bucket request /path/bucket: is not UTF-8
GET /v1/buckets/b/memories?limit=0 -> list_memories request /query/limit: 0 is less than the minimum of 1
GET /v1/buckets/b/memories?offset=x -> list_memories request /query/offset: a text is not of type "integer"
GET /v1/buckets/b/memories?limit=2147483648 -> list_memories request /query/limit: 2147483648 is greater than the maximum of 2147483647
GET /v1/buckets/b/memories?page=1 -> list_memories request /query/page: is not in the spec
GET /v1/buckets/b/memories?limit=1&limit=1 -> list_memories request /query/limit: comes more than once
GET /v1/buckets {} -> list_buckets request /body: is there, and the operation takes none
POST /v1/query -> query request /body: is required, and missing
POST /v1/query { -> query request /body: is not JSON: EOF while parsing an object at line 1 column 1
POST /v1/query {} -> query request /body/query: is required, and missing
POST /v1/query {"query":"q","options":{"top_k":"8"}} -> query request /body/options/top_k: a text is not of type "integer"
POST /v1/query {"query":"q","bucket":"b"} -> query request /body/bucket: is not in the spec
POST /v1/query {"query":"q","options":{"a/b":1}} -> query request /body/options/a~1b: is not in the spec
POST /v1/query {"query":"q","options":{"return_format":"xml"}} -> query request /body/options/return_format: a text is not one of "prose" or "json"
POST /v1/buckets/b/memories {"memories":[{"content":"x","tags":[]}]} -> store_memory request /body/memories/0/tags: is not in the spec
POST /v1/buckets/b/memories {"memories":[{"content":"x"}],"dedup":"off"} -> store_memory request /body/dedup: is not in the spec
POST /v1/buckets/b/memories 7 -> store_memory request /body: 7 is not valid under any of the schemas listed in the 'oneOf' keyword
"#;

#[test]
fn what_is_wrong_with_a_request_is_found_with_its_place() {
    for (line, expected) in cases(WRONG_REQUESTS) {
        assert_eq!(requested(&ENGRAM, &request(line)), [expected]);
    }
}

#[test]
fn a_request_needs_one_bearer_token_and_the_mismatch_does_not_show_it() {
    let with = |values: &[&str]| {
        let mut request = request("GET /v1/buckets");
        request.headers_mut().remove(AUTHORIZATION);
        for value in values {
            request.headers_mut().append(AUTHORIZATION, value.parse().unwrap());
        }
        requested(&ENGRAM, &request)
    };
    assert_eq!(with(&["bearer secret"]), [""; 0]);
    for values in [&[][..], &["secret"], &["Basic secret"], &["Bearer "], &["Bearer a b"], &["Bearer a", "Bearer b"]] {
        assert_eq!(with(values), ["list_buckets request /headers/authorization: is no bearer token"], "{values:?}");
    }
}

#[test]
fn a_request_with_a_body_needs_its_content_type() {
    let with = |value: Option<&str>| {
        let mut request = request(r#"POST /v1/query {"query":"q"}"#);
        request.headers_mut().remove(CONTENT_TYPE);
        value.map(|value| request.headers_mut().insert(CONTENT_TYPE, value.parse().unwrap()));
        requested(&ENGRAM, &request)
    };
    assert_eq!(with(Some("application/json; charset=utf-8")), [""; 0]);
    assert_eq!(with(None), ["query request /headers/content-type: is missing"]);
    let expected = r#"query request /headers/content-type: "text/plain" is not in the spec"#;
    assert_eq!(with(Some("text/plain")), [expected]);
}

#[test]
fn a_response_that_fits_has_no_mismatch() {
    let free = json!({"answer": "", "answer_json": {"a": 1}, "synthesis_usage": {"b": {"c": 1}}, "explanation": {
        "retrieved_memories": [{"content": "x", "metadata": {"d": {}}}], "profiles": {"b": null, "c": {"e": 1}},
    }})
    .to_string();
    for (request, status, body) in [
        ("POST /v1/buckets/b/memories", 200, r#"{"id":"m","status":"stored"}"#),
        ("POST /v1/buckets/b/memories", 201, r#"[{"id":"m"}]"#),
        ("GET /v1/buckets/b/memories", 200, r#"{"memories":[],"total":0}"#),
        ("GET /v1/buckets/b/memories", 503, r#"{"error":"busy"}"#),
        ("GET /v1/buckets/b/profile", 200, r#"{"profile":{"any":{"thing":1}}}"#),
        ("POST /v1/query", 200, &free),
    ] {
        assert_eq!(responded(request, status, &headers(JSON), body, &End::Reached), [""; 0], "{request}");
    }
    assert_eq!(responded("DELETE /v1/buckets/b", 204, &HeaderMap::new(), "", &End::Reached), [""; 0]);
}

/// After the request: the status, and the body.
const WRONG_RESPONSES: &str = r#"
GET /v1/buckets/b/memories 302 {} -> list_memories response 302 /status: 302 is not in the spec
GET /v1/buckets/b/memories 429 {"error":"x"} -> list_memories response 429 /headers/retry-after: is missing
GET /v1/buckets/b/memories 404 {} -> list_memories response 404 /body/error: is required, and missing
GET /v1/buckets/b/memories 200  -> list_memories response 200 /body: is not JSON: EOF while parsing a value at line 1 column 0
GET /v1/buckets/b/memories 200 {"memories":[{"id":"m"}]} -> list_memories response 200 /body/memories/0/content: is required, and missing
GET /v1/buckets/b/memories 200 [{"id":"m","content":"x","a":1}] -> list_memories response 200 /body/0/a: is not in the spec
POST /v1/buckets/b/memories 200 {"id":3,"status":"s"} -> store_memory response 200 /body/id: 3 is not of type "string"
POST /v1/buckets/b/memories 200 {"memories":[{"id":"m","x":1}]} -> store_memory response 200 /body/memories/0/x: is not in the spec
DELETE /v1/buckets/b 204 {} -> delete_bucket response 204 /body: is there, and the spec has none
POST /v1/query 200 {"answer":"","explanation":{"graph_facts":[{},{"novel":1}]}} -> query response 200 /body/explanation/graph_facts/1/novel: is not in the spec
POST /v1/query 200 {"answer":"","explanation":{"graph_facts":[{},{"weight":"1"}]}} -> query response 200 /body/explanation/graph_facts/1/weight: a text is not of type "number"
"#;

#[test]
fn what_is_wrong_with_a_response_is_found_with_its_place() {
    for (line, expected) in cases(WRONG_RESPONSES) {
        let (request, rest) = line.split_at(line.match_indices(' ').nth(1).unwrap().0);
        let (status, body) = rest.trim_start().split_once(' ').unwrap();
        let found = responded(request, status.parse().unwrap(), &headers(JSON), body, &End::Reached);
        assert_eq!(found, [expected]);
    }
    let typed = |headers: &HeaderMap| responded("GET /v1/buckets/b/memories", 200, headers, "x", &End::Reached);
    assert_eq!(typed(&HeaderMap::new()), ["list_memories response 200 /headers/content-type: is missing"]);
    let expected = r#"list_memories response 200 /headers/content-type: "text/html" is not in the spec"#;
    assert_eq!(typed(&headers("text/html; charset=utf-8")), [expected]);
}

const DELTA: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"ä\"}}]}\n\n";

#[test]
fn a_stream_that_fits_has_no_mismatch() {
    let events =
        format!(": hello\n\nevent: x\nid: 1\n\n{DELTA}data: {{\"answer\":\ndata: \"ä\"}}\r\n\r\ndata: [DONE]\n\n");
    assert_eq!(streamed(&events), [""; 0]);
}

/// The data of the second event.
const WRONG_FRAMES: &str = r#"
{"answer":1} -> query response 200 /frames/1/answer: 1 is not of type "string"
{"answer":"x","novel":1} -> query response 200 /frames/1/novel: is not in the spec
{"choices":[{"delta":{"role":"x"}}]} -> query response 200 /frames/1/choices/0/delta/role: is not in the spec
{"answer":"x","usage":{},"choices":[]} -> query response 200 /frames/1/choices: is not in the spec
{"choices":[],"answer":"x"} -> query response 200 /frames/1/answer: is not in the spec
{ -> query response 200 /frames/1: is not JSON: EOF while parsing an object at line 1 column 1
[DONE] -> query response 200 /frames/2: [DONE] comes after [DONE]
"#;

#[test]
fn what_is_wrong_with_a_stream_is_found_with_the_number_of_the_frame() {
    for (data, expected) in cases(WRONG_FRAMES) {
        assert_eq!(streamed(&format!("{DELTA}data: {data}\n\ndata: [DONE]\n\n")), [expected], "{data}");
    }
    let missing = "query response 200 /frames/1: the stream ends without [DONE]";
    assert_eq!(streamed(DELTA), [missing]);
    assert_eq!(streamed(&format!("{DELTA}data: [DONE]")), [missing], "an event ends with an empty line");
    let late = "query response 200 /frames/1: an event comes after [DONE]";
    assert_eq!(streamed(&format!("data: [DONE]\n\n{DELTA}")), [late]);
}

#[test]
fn a_response_that_breaks_off_is_told_from_one_that_is_not_waited_for() {
    for (content_type, body) in [(EVENTS, DELTA), (JSON, r#"{"answer":"#)] {
        let found = |end| responded("POST /v1/query", 200, &headers(content_type), body, &end);
        assert_eq!(found(End::BrokeOff("reset".to_owned())), ["query response 200 /body: breaks off: reset"]);
        assert_eq!(found(End::LeftEarly), [""; 0]);
    }
    let wrong = responded("POST /v1/query", 200, &headers(EVENTS), "data: {}{\n\ndata: {", &End::LeftEarly);
    assert_eq!(wrong.len(), 1, "what was seen is judged: {wrong:?}");
}

#[test]
fn an_operation_may_require_a_query_parameter_and_do_without_a_key() {
    let spec = changed("in: query\n", "in: query\n          required: true\n").unwrap();
    let missing = "list_memories request /query/limit: is required, and missing";
    assert_eq!(requested(&spec, &request("GET /v1/buckets/b/memories")), [missing]);
    let spec = changed("operationId: list_buckets\n", "operationId: list_buckets\n      security: []\n").unwrap();
    let mut without_key = request("GET /v1/buckets");
    without_key.headers_mut().clear();
    assert_eq!(requested(&spec, &without_key), [""; 0]);
}

#[test]
fn a_spec_that_holds_what_cannot_be_checked_is_refused() {
    let memory = "$ref: '#/components/schemas/Memory'";
    for (from, to, expected) in [
        ("openapi: 3.0.3", "openapi: 3.1.0", "not a spec in OpenAPI 3.0"),
        ("in: query", "in: header", r#"get /v1/buckets/{bucket}/memories: a parameter in "header" cannot be checked"#),
        ("scheme: bearer", "scheme: basic", "the security scheme apiKey cannot be checked"),
        ("application/json:", "text/plain:", "a body of the type text/plain cannot be checked"),
        ("'204':", "default:", "a response for default cannot be checked"),
        (memory, "$ref: '#/components/schemas/Nothing'", "Nothing leads to no schema"),
        ("    Memory:\n", &format!("    Memory:\n      {memory}\n"), "Memory leads to no schema"),
        ("operationId: list_buckets", "x-id: list_buckets", "get /v1/buckets: it has no operationId"),
    ] {
        let error = changed(from, to).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
