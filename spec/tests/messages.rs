//! What is found in requests and answers, and where.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use lumetra_engram_spec::{Allowance, Allowances, Mismatch, Spec};
use serde_json::{Value, json};

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// A spec that has what Engram's has not.
const OTHER: &str = "
openapi: 3.0.3
info: {title: Things, version: 1.0.0}
security: [{key: []}]
paths:
  /things/{number}:
    get:
      operationId: get_thing
      parameters:
        - {name: number, in: path, required: true, schema: {type: integer, minimum: 1}}
        - {name: lang, in: query, required: true, schema: {type: string, enum: [de, en]}}
        - {name: deep, in: query, schema: {type: boolean}}
      responses:
        '200':
          description: A thing.
          headers: {X-Age: {schema: {type: integer}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
        default:
          description: None.
          content: {application/json: {schema: {type: object, properties: {error: {type: string}}}}}
  /things/new:
    get:
      operationId: new_thing
      security: []
      responses: {'204': {description: Nothing.}}
    post:
      operationId: add_thing
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {'204': {description: Nothing.}}
components:
  securitySchemes: {key: {type: http, scheme: bearer}}
  schemas:
    Named: {type: object, required: [name], properties: {name: {type: string, nullable: true}}, additionalProperties: true}
    Thing:
      allOf:
        - $ref: '#/components/schemas/Named'
        - type: object
          properties:
            size: {type: integer, format: int32}
            parts: {type: object, additionalProperties: {$ref: '#/components/schemas/Named'}}
            notes: {type: object}
";

static ENGRAM: LazyLock<Spec> = LazyLock::new(|| Spec::of_engram().unwrap());

fn other() -> Spec {
    Spec::parse(OTHER).unwrap()
}

fn lines(mismatches: &[Mismatch]) -> Vec<String> {
    mismatches.iter().map(ToString::to_string).collect()
}

fn request(method: &str, target: &str, body: &str) -> Request<Bytes> {
    let request = Request::builder().method(method).uri(target).header(AUTHORIZATION, "Bearer secret");
    let request = if body.is_empty() { request } else { request.header(CONTENT_TYPE, JSON) };
    request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

/// What is wrong with this request.
fn asked(spec: &Spec, request: &Request<Bytes>) -> Vec<String> {
    match spec.operation(request.method(), request.uri().path()) {
        Ok(operation) => lines(&operation.check_request(request)),
        Err(mismatch) => vec![mismatch.to_string()],
    }
}

fn headers(content_type: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())])
}

/// What is wrong with this answer to this request.
fn answered(method: &str, path: &str, status: u16, headers: &HeaderMap, body: &str) -> Vec<String> {
    let operation = ENGRAM.operation(&method.parse().unwrap(), path).unwrap();
    let body = Bytes::copy_from_slice(body.as_bytes());
    lines(&operation.check_answer(StatusCode::from_u16(status).unwrap(), headers, &body))
}

fn query_answered(body: &Value) -> Vec<String> {
    answered("POST", "/v1/query", 200, &headers(JSON), &body.to_string())
}

fn streamed(events: &str) -> Vec<String> {
    answered("POST", "/v1/query", 200, &headers(EVENTS), events)
}

#[test]
fn a_request_that_fits_has_no_mismatch() {
    for (method, target, body) in [
        ("GET", "/v1/buckets", ""),
        ("GET", "/v1/buckets/user%20123%2F%C3%A4/memories?limit=20&offset=0", ""),
        ("POST", "/v1/buckets/a+b/memories", r#"{"content":"x","dedup":"off"}"#),
        ("POST", "/v1/buckets/b/memories", r#"{"memories":[{"content":"x"}]}"#),
        ("POST", "/v1/query", r#"{"query":"q","options":{"top_k_per_bucket":{"b":1},"response_schema":{"any":[1]}}}"#),
        ("POST", "/v1/buckets", r#"{"name":"b","description":null}"#),
        ("DELETE", "/v1/buckets/b/memories/m", ""),
        ("POST", "/v1/buckets/b/profile/regenerate", ""),
    ] {
        assert_eq!(asked(&ENGRAM, &request(method, target, body)), [""; 0], "{target}");
    }
}

#[test]
fn what_is_wrong_with_a_request_is_found_with_its_place() {
    for (method, target, body, expected) in [
        (
            "GET",
            "/v1/memories",
            "",
            "GET /v1/memories request /path: no operation of the spec has this method and path",
        ),
        ("PUT", "/v1/query", "", "PUT /v1/query request /path: no operation of the spec has this method and path"),
        (
            "DELETE",
            "/v1/buckets/",
            "",
            "delete_bucket request /path/bucket: is empty, so that the URL names another route",
        ),
        (
            "DELETE",
            "/v1/buckets/b/memories/%2e%2E",
            "",
            r#"delete_memory request /path/memory_id: is "..", so that the URL names another route"#,
        ),
        (
            "DELETE",
            "/v1/buckets/50%/memories",
            "",
            "clear_memories request /path/bucket: is not percent-encoded: it holds '%'",
        ),
        ("DELETE", "/v1/buckets/%ff", "", "delete_bucket request /path/bucket: is not UTF-8"),
        (
            "GET",
            "/v1/buckets/b/memories?limit=0",
            "",
            "list_memories request /query/limit: 0 is less than the minimum of 1",
        ),
        (
            "GET",
            "/v1/buckets/b/memories?offset=x",
            "",
            r#"list_memories request /query/offset: a text is not of type "integer""#,
        ),
        (
            "GET",
            "/v1/buckets/b/memories?limit=2147483648",
            "",
            "list_memories request /query/limit: 2147483648 is greater than the maximum of 2147483647",
        ),
        ("GET", "/v1/buckets/b/memories?page=1", "", "list_memories request /query/page: is not in the spec"),
        (
            "GET",
            "/v1/buckets/b/memories?limit=1&limit=1",
            "",
            "list_memories request /query/limit: comes more than once",
        ),
        ("GET", "/v1/buckets", "{}", "list_buckets request /body: is there, and the operation takes none"),
        ("POST", "/v1/query", "", "query request /body: is required, and missing"),
        ("POST", "/v1/query", "{", "query request /body: is not JSON: EOF while parsing an object at line 1 column 1"),
        ("POST", "/v1/query", "{}", "query request /body/query: is required, and missing"),
        (
            "POST",
            "/v1/query",
            r#"{"query":"q","options":{"top_k":"8"}}"#,
            r#"query request /body/options/top_k: a text is not of type "integer""#,
        ),
        ("POST", "/v1/query", r#"{"query":"q","bucket":"b"}"#, "query request /body/bucket: is not in the spec"),
        (
            "POST",
            "/v1/query",
            r#"{"query":"q","options":{"a/b":1}}"#,
            "query request /body/options/a~1b: is not in the spec",
        ),
        (
            "POST",
            "/v1/query",
            r#"{"query":"q","options":{"return_format":"xml"}}"#,
            r#"query request /body/options/return_format: a text is not one of "prose" or "json""#,
        ),
        (
            "POST",
            "/v1/buckets/b/memories",
            r#"{"memories":[{"content":"x","tags":[]}]}"#,
            "store_memory request /body/memories/0/tags: is not in the spec",
        ),
        (
            "POST",
            "/v1/buckets/b/memories",
            r#"{"memories":[{"content":"x"}],"dedup":"off"}"#,
            "store_memory request /body/dedup: is not in the spec",
        ),
        (
            "POST",
            "/v1/buckets/b/memories",
            "7",
            r#"store_memory request /body: 7 is not valid under any of the schemas listed in the 'oneOf' keyword"#,
        ),
    ] {
        assert_eq!(asked(&ENGRAM, &request(method, target, body)), [expected]);
    }
}

#[test]
fn a_request_needs_one_bearer_token_and_the_mismatch_does_not_show_it() {
    let with = |values: &[&str]| {
        let mut request = request("GET", "/v1/buckets", "");
        request.headers_mut().remove(AUTHORIZATION);
        for value in values {
            request.headers_mut().append(AUTHORIZATION, value.parse().unwrap());
        }
        asked(&ENGRAM, &request)
    };
    assert_eq!(with(&["bearer secret"]), [""; 0]);
    for values in [&[][..], &["secret"], &["Basic secret"], &["Bearer "], &["Bearer a b"], &["Bearer a", "Bearer b"]] {
        assert_eq!(with(values), ["list_buckets request /headers/authorization: is no bearer token"], "{values:?}");
    }
}

#[test]
fn a_request_with_a_body_needs_its_content_type() {
    let with = |value: Option<&str>| {
        let mut request = request("POST", "/v1/query", r#"{"query":"q"}"#);
        request.headers_mut().remove(CONTENT_TYPE);
        value.map(|value| request.headers_mut().insert(CONTENT_TYPE, value.parse().unwrap()));
        asked(&ENGRAM, &request)
    };
    assert_eq!(with(Some("application/json; charset=utf-8")), [""; 0]);
    assert_eq!(with(None), ["query request /headers/content-type: is missing"]);
    assert_eq!(with(Some("text/plain")), [r#"query request /headers/content-type: "text/plain" is not in the spec"#]);
}

#[test]
fn an_answer_that_fits_has_no_mismatch() {
    let memories = "/v1/buckets/b/memories";
    for (method, path, status, body) in [
        ("POST", memories, 200, r#"{"id":"m","status":"stored"}"#),
        ("POST", memories, 201, r#"[{"id":"m"}]"#),
        ("GET", memories, 200, r#"{"memories":[],"total":0}"#),
        ("GET", memories, 503, r#"{"error":"busy"}"#),
        ("GET", "/v1/buckets/b/profile", 200, r#"{"profile":{"any":{"thing":1}}}"#),
    ] {
        assert_eq!(answered(method, path, status, &headers(JSON), body), [""; 0], "{path}");
    }
    assert_eq!(answered("DELETE", "/v1/buckets/b", 204, &HeaderMap::new(), ""), [""; 0]);
    let free = json!({"answer": "", "answer_json": {"a": 1}, "synthesis_usage": {"b": {"c": 1}}, "explanation": {
        "retrieved_memories": [{"content": "x", "metadata": {"d": {}}}], "profiles": {"b": null, "c": {"e": 1}},
    }});
    assert_eq!(query_answered(&free), [""; 0]);
}

#[test]
fn what_is_wrong_with_an_answer_is_found_with_its_place() {
    let memories = "/v1/buckets/b/memories";
    for (method, path, status, content_type, body, expected) in [
        ("GET", memories, 302, JSON, "{}", "list_memories answer 302 /status: 302 is not in the spec"),
        (
            "GET",
            memories,
            200,
            "text/html; charset=utf-8",
            "x",
            r#"list_memories answer 200 /headers/content-type: "text/html" is not in the spec"#,
        ),
        ("GET", memories, 429, JSON, r#"{"error":"x"}"#, "list_memories answer 429 /headers/retry-after: is missing"),
        ("GET", memories, 404, JSON, "{}", "list_memories answer 404 /body/error: is required, and missing"),
        (
            "GET",
            memories,
            200,
            JSON,
            "",
            "list_memories answer 200 /body: is not JSON: EOF while parsing a value at line 1 column 0",
        ),
        (
            "GET",
            memories,
            200,
            JSON,
            r#"{"memories":[{"id":"m"}]}"#,
            "list_memories answer 200 /body/memories/0/content: is required, and missing",
        ),
        (
            "GET",
            memories,
            200,
            JSON,
            r#"[{"id":"m","content":"x","a":1}]"#,
            "list_memories answer 200 /body/0/a: is not in the spec",
        ),
        (
            "POST",
            memories,
            200,
            JSON,
            r#"{"id":3,"status":"s"}"#,
            r#"store_memory answer 200 /body/id: 3 is not of type "string""#,
        ),
        (
            "POST",
            memories,
            200,
            JSON,
            r#"{"memories":[{"id":"m","x":1}]}"#,
            "store_memory answer 200 /body/memories/0/x: is not in the spec",
        ),
        ("DELETE", "/v1/buckets/b", 204, JSON, "{}", "delete_bucket answer 204 /body: is there, and the spec has none"),
    ] {
        assert_eq!(answered(method, path, status, &headers(content_type), body), [expected]);
    }
    assert_eq!(
        answered("GET", memories, 200, &HeaderMap::new(), ""),
        ["list_memories answer 200 /headers/content-type: is missing"]
    );
    let deep = json!({"answer": "", "explanation": {"graph_facts": [{}, {"weight": "1", "novel": 1}]}});
    assert_eq!(
        query_answered(&deep),
        [
            "query answer 200 /body/explanation/graph_facts/1/novel: is not in the spec",
            r#"query answer 200 /body/explanation/graph_facts/1/weight: a text is not of type "number""#,
        ]
    );
}

const DELTA: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"ä\"}}]}\n\n";

#[test]
fn a_stream_that_fits_has_no_mismatch() {
    let events =
        format!(": hello\n\nevent: x\nid: 1\n\n{DELTA}data: {{\"answer\":\ndata: \"ä\"}}\r\n\r\ndata: [DONE]\n\n");
    assert_eq!(streamed(&events), [""; 0]);
}

#[test]
fn what_is_wrong_with_a_stream_is_found_with_the_number_of_the_frame() {
    for (last, expected) in [
        (r#"{"answer":1}"#, r#"query answer 200 /frames/1/answer: 1 is not of type "string""#),
        (r#"{"answer":"x","novel":1}"#, "query answer 200 /frames/1/novel: is not in the spec"),
        (
            r#"{"choices":[{"delta":{"role":"x"}}]}"#,
            "query answer 200 /frames/1/choices/0/delta/role: is not in the spec",
        ),
        (r#"{"answer":"x","usage":{},"choices":[]}"#, "query answer 200 /frames/1/choices: is not in the spec"),
        (r#"{"choices":[],"answer":"x"}"#, "query answer 200 /frames/1/answer: is not in the spec"),
        ("{", "query answer 200 /frames/1: is not JSON: EOF while parsing an object at line 1 column 1"),
        ("[DONE]", "query answer 200 /frames/2: [DONE] comes after [DONE]"),
    ] {
        assert_eq!(streamed(&format!("{DELTA}data: {last}\n\ndata: [DONE]\n\n")), [expected], "{last}");
    }
    let missing = "query answer 200 /frames/1: the stream ends without [DONE]";
    assert_eq!(streamed(DELTA), [missing]);
    assert_eq!(streamed(&format!("{DELTA}data: [DONE]")), [missing], "an event ends with an empty line");
    assert_eq!(
        streamed(&format!("data: [DONE]\n\n{DELTA}")),
        ["query answer 200 /frames/1: an event comes after [DONE]"]
    );
}

#[test]
fn what_is_found_in_a_stream_does_not_depend_on_its_pieces() {
    let operation = ENGRAM.operation(&Method::POST, "/v1/query").unwrap();
    let events = format!("{DELTA}\r\n: c\r\rdata: {{\"answer\":\"\u{1f9e0}\",\"novel\":1}}\n\ndata: [DONE]\n\n{DELTA}");
    let whole = Bytes::from(events);
    let begin = || operation.answer(StatusCode::OK, &headers(EVENTS));
    let expected = operation.check_answer(StatusCode::OK, &headers(EVENTS), &whole);
    assert_eq!(expected.len(), 2);
    for at in 0..whole.len() {
        let mut check = begin();
        check.push(&whole.slice(..at));
        check.push(&whole.slice(at..));
        assert_eq!(check.finish(), expected, "split at {at}");
    }
    let mut check = begin();
    (0..whole.len()).for_each(|at| check.push(&whole.slice(at..=at)));
    assert_eq!(check.finish(), expected, "byte by byte");
}

#[test]
fn an_answer_that_breaks_off_is_told_from_one_that_is_not_waited_for() {
    let operation = ENGRAM.operation(&Method::POST, "/v1/query").unwrap();
    let begin = || {
        let mut check = operation.answer(StatusCode::OK, &headers(EVENTS));
        check.push(&Bytes::from_static(DELTA.as_bytes()));
        check
    };
    assert_eq!(lines(&begin().broke_off("reset")), ["query answer 200 /body: breaks off: reset"]);
    assert_eq!(begin().abandon(), []);
}

#[test]
fn other_descriptions_are_understood_as_well() {
    for (target, expected) in [
        ("/things/7?lang=de&deep=true", vec![]),
        ("/things/new", vec![]),
        ("/things/0?lang=de", vec!["get_thing request /path/number: 0 is less than the minimum of 1"]),
        ("/things/7?deep=true", vec!["get_thing request /query/lang: is required, and missing"]),
        (
            "/things/7?lang=fr&deep=1",
            vec![
                r#"get_thing request /query/lang: a text is not one of "de" or "en""#,
                r#"get_thing request /query/deep: 1 is not of type "boolean""#,
            ],
        ),
    ] {
        assert_eq!(asked(&other(), &request("GET", target, "")), expected, "{target}");
    }
    let mut open = request("GET", "/things/new", "");
    open.headers_mut().remove(AUTHORIZATION);
    assert_eq!(asked(&other(), &open), [""; 0], "an operation may do without a key");
    assert_eq!(asked(&other(), &request("POST", "/things/new", "")), [""; 0], "its body is optional");
    assert_eq!(asked(&other(), &request("POST", "/things/new", r#"{"any":1}"#)), [""; 0]);
}

#[test]
fn an_object_that_is_made_of_several_schemas_has_the_names_of_all_and_no_others() {
    let spec = other();
    let operation = spec.operation(&Method::GET, "/things/7").unwrap();
    let mut headers = headers(JSON);
    headers.insert("x-age", "3".parse().unwrap());
    let answered = |body: Value| lines(&operation.check_answer(StatusCode::OK, &headers, &body.to_string().into()));
    assert_eq!(answered(json!({"name": null, "size": 1, "parts": {"a": {"name": "x"}}, "notes": {"b": 1}})), [""; 0]);
    assert_eq!(answered(json!({"name": "x", "colour": 1})), ["get_thing answer 200 /body/colour: is not in the spec"]);
    // With a part that does not fit, the names of that part are unknown too.
    let deep = answered(json!({"name": "x", "parts": {"a": {"name": "y", "b": 1}}}));
    assert_eq!(deep.last().unwrap(), "get_thing answer 200 /body/parts/a/b: is not in the spec");
    headers.insert("x-age", "old".parse().unwrap());
    let body = Bytes::from_static(br#"{"error":"x","code":1}"#);
    assert_eq!(
        lines(&operation.check_answer(StatusCode::NOT_FOUND, &headers, &body)),
        ["get_thing answer 404 /body/code: is not in the spec"]
    );
    assert_eq!(
        lines(&operation.check_answer(StatusCode::OK, &headers, &Bytes::from_static(br#"{"name":"x"}"#))),
        [r#"get_thing answer 200 /headers/x-age: a text is not of type "integer""#]
    );
}

#[test]
fn a_description_that_holds_what_is_not_checked_is_refused() {
    for (from, to, expected) in [
        ("openapi: 3.0.3", "openapi: 3.1.0", "not a spec in OpenAPI 3.0"),
        (
            "in: query, required",
            "in: header, required",
            r#"get /things/{number}: parameters in Some("header") are not checked yet"#,
        ),
        ("scheme: bearer", "scheme: basic", "the security scheme key is not checked yet"),
        (
            "content: {application/json: {schema: {$ref",
            "content: {text/plain: {schema: {$ref",
            "get /things/{number}: a body of the type text/plain is not checked yet",
        ),
        ("$ref: '#/components/schemas/Thing'", "$ref: '#/components/schemas/Nothing'", "a schema is not valid"),
        ("operationId: get_thing", "summary: x", "get /things/{number}: it has no operationId"),
    ] {
        let error = Spec::parse(&OTHER.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn an_allowance_lets_its_mismatch_pass_and_no_other_and_is_known_to_be_needed() {
    let list = [
        Allowance { operation: "store_memory", place: "request /body/memories/*/tags", reason: "an old client" },
        Allowance { operation: "query", place: "answer 200 /body/novel", reason: "a new server" },
    ];
    let request = request("POST", "/v1/buckets/b/memories", r#"{"memories":[{"content":"x","tags":[]}],"tags":[]}"#);
    let operation = ENGRAM.operation(request.method(), request.uri().path()).unwrap();
    let mut allowances = Allowances::new(&list);
    let left: Vec<_> =
        operation.check_request(&request).into_iter().filter(|mismatch| !allowances.allow(mismatch)).collect();
    assert_eq!(lines(&left), ["store_memory request /body/tags: is not in the spec"]);
    assert_eq!(allowances.unused().collect::<Vec<_>>(), [&list[1]]);
}
