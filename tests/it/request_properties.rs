//! Whatever the text, it reaches the server unchanged: as one segment of the path, or as one text in the JSON. So does any extra field.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use crate::support::{Answer, Request, Server, answer_for_all, any_json, any_text, property_config};
use lumetra_engram::{EngramClient, EngramError};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// The texts of one case, all of them different parts of a request.
#[derive(Clone, Debug)]
struct Texts {
    bucket: String,
    other_bucket: String,
    id: String,
    content: String,
    other_content: String,
}

fn any_texts() -> impl Strategy<Value = Texts> {
    // Repeated, so that some are long.
    let text = || {
        (any_text(), prop_oneof![9 => Just(1_usize), 1 => 2..200_usize]).prop_map(|(text, times)| text.repeat(times))
    };
    (text(), text(), text(), text(), text()).prop_map(|(bucket, other_bucket, id, content, other_content)| Texts {
        bucket,
        other_bucket,
        id,
        content,
        other_content,
    })
}

fn answer_for_two_facts() -> Answer {
    let result = json!({ "id": "m1", "content": "a fact" });
    let mut answer = answer_for_all();
    answer["memories"] = json!([result, result]);
    Answer::json(200, &answer)
}

/// What a request is to look like on the wire.
struct Expected {
    method: &'static str,
    /// The segments of the path, decoded.
    path: Vec<String>,
    query: Option<&'static str>,
    body: Option<Value>,
}

fn expected(method: &'static str, path: &[&str], body: impl Into<Option<Value>>) -> Expected {
    let path = path.iter().map(|segment| (*segment).to_owned()).collect();
    Expected { method, path, query: None, body: body.into() }
}

/// Runs one call, and notes what it is to send; or, where a text cannot be a segment of a path, that it is refused.
struct Calls {
    expected: Vec<Expected>,
}

impl Calls {
    async fn run<T>(
        &mut self,
        segments: &[&str],
        expected: Expected,
        request: impl IntoFuture<Output = Result<T, EngramError>>,
    ) -> Result<(), TestCaseError> {
        let outcome = request.await.map(drop);
        if segments.iter().any(|segment| ["", ".", ".."].contains(segment)) {
            let refused = matches!(outcome, Err(EngramError::InvalidRequest(_)));
            prop_assert!(refused, "{segments:?} is not refused: {outcome:?}");
            return Ok(());
        }
        prop_assert!(outcome.is_ok(), "{segments:?}: {outcome:?}");
        self.expected.push(expected);
        Ok(())
    }
}

/// Calls every operation with these texts in every place that takes one.
async fn call_all(engram: &EngramClient, texts: &Texts) -> Result<Vec<Expected>, TestCaseError> {
    let Texts { bucket, other_bucket, id, content, other_content } = texts;
    let (b, memories) = (bucket.as_str(), ["v1", "buckets", bucket, "memories"]);
    let mut calls = Calls { expected: Vec::new() };
    let with_default = engram.with_bucket(b);

    let one = || expected("POST", &memories, json!({ "content": content }));
    calls.run(&[b], one(), engram.store_memory(content).bucket(b)).await?;
    calls.run(&[b], one(), with_default.store_memory(content)).await?;
    let many =
        expected("POST", &memories, json!({ "memories": [{ "content": content }, { "content": other_content }] }));
    calls.run(&[b], many, engram.store_memories([content, other_content]).bucket(b)).await?;
    let list = Expected { query: Some("limit=20&offset=0"), ..expected("GET", &memories, None) };
    calls.run(&[b], list, engram.list_memories().bucket(b)).await?;
    let delete = || expected("DELETE", &["v1", "buckets", b, "memories", id], None);
    calls.run(&[b, id], delete(), engram.delete_memory(id).bucket(b)).await?;
    calls.run(&[b], expected("DELETE", &memories, None), engram.clear_memories(b)).await?;

    let options = json!({ "top_k": 8, "return_explanation": true, "skip_synthesis": false });
    let query = json!({ "query": content, "buckets": [b, other_bucket], "options": options });
    let query_request = expected("POST", &["v1", "query"], query.clone());
    calls.run(&[b, other_bucket], query_request, engram.query(content).buckets([b, other_bucket])).await?;
    let mut streamed = query;
    streamed["stream"] = json!(true);
    streamed["buckets"] = json!([b]);
    let stream_request = expected("POST", &["v1", "query"], streamed);
    calls.run(&[b], stream_request, engram.query_stream(content).bucket(b)).await?;
    let mut each = json!({ "query": content, "buckets": [b], "options": options });
    each["options"]["top_k_per_bucket"] = json!({ b: 3 });
    each["options"]["response_schema"] = json!({ "title": content });
    let with_schema =
        engram.query(content).bucket(b).top_k_per_bucket([(b, 3)]).response_schema(json!({ "title": content }));
    calls.run(&[b], expected("POST", &["v1", "query"], each), with_schema).await?;

    calls.run(&[], expected("GET", &["v1", "buckets"], None), engram.list_buckets()).await?;
    let create = json!({ "name": b, "description": content });
    calls.run(&[b], expected("POST", &["v1", "buckets"], create), engram.create_bucket(b).description(content)).await?;
    calls.run(&[b], expected("DELETE", &["v1", "buckets", b], None), engram.delete_bucket(b)).await?;
    let profile = ["v1", "buckets", b, "profile"];
    calls.run(&[b], expected("GET", &profile, None), engram.get_profile().bucket(b)).await?;
    let regenerate = expected("POST", &[&profile[..], &["regenerate"]].concat(), None);
    calls.run(&[b], regenerate, engram.regenerate_profile().bucket(b)).await?;
    Ok(calls.expected)
}

/// Decodes a segment by RFC 3986. The client's own code has no part in it.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match first {
            b'%' => (u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap(), &after[2..]),
            other => (*other, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).expect("a segment is text")
}

const UNRESERVED: &str = "-._~";

fn ensure_sent(request: &Request, expected: &Expected) -> Result<(), TestCaseError> {
    prop_assert_eq!(&request.method, expected.method);
    let (path, query) = request.target.split_once('?').map_or((&*request.target, None), |(path, q)| (path, Some(q)));
    prop_assert_eq!(query, expected.query);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || UNRESERVED.contains(c) || c == '%' || c == '/';
    prop_assert!(path.chars().all(is_plain), "{}", path);
    let segments: Vec<_> = path.strip_prefix('/').unwrap().split('/').map(decoded).collect();
    prop_assert_eq!(&segments, &expected.path);
    prop_assert!(path.split('/').all(|segment| segment != "." && segment != ".."), "{}", path);
    match &expected.body {
        Some(body) => prop_assert_eq!(&request.json(), body),
        None => prop_assert_eq!(&request.body, b""),
    }
    Ok(())
}

const HEADERS: [&str; 6] = ["accept", "authorization", "content-length", "content-type", "host", "user-agent"];

fn ensure_headers(request: &Request) -> Result<(), TestCaseError> {
    let names: Vec<_> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    let distinct: BTreeSet<_> = names.iter().copied().collect();
    prop_assert_eq!(distinct.len(), names.len(), "a header came twice: {:?}", names);
    prop_assert!(distinct.iter().all(|name| HEADERS.contains(name)), "a header was added: {:?}", names);
    Ok(())
}

async fn ensure_unchanged(texts: &Texts) -> Result<(), TestCaseError> {
    let server = Server::always(answer_for_two_facts()).await;
    let engram = server.builder().build().unwrap();
    let expected = call_all(&engram, texts).await?;
    let requests = server.requests();
    prop_assert_eq!(requests.len(), expected.len(), "a request too many or too few");
    for (request, expected) in requests.iter().zip(&expected) {
        ensure_sent(request, expected)?;
        ensure_headers(request)?;
    }
    Ok(())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn any_text_is_refused_or_reaches_the_server_unchanged() {
    let runtime = runtime();
    let outcome =
        TestRunner::new(property_config(128)).run(&any_texts(), |texts| runtime.block_on(ensure_unchanged(&texts)));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn a_text_of_megabytes_reaches_the_server_unchanged() {
    let long = "\u{1f9e0}\"\\\0\u{2028}é".repeat(150_000);
    let texts = Texts {
        bucket: "b".to_owned(),
        other_bucket: "c".to_owned(),
        id: "m".to_owned(),
        content: long.clone(),
        other_content: long,
    };
    runtime().block_on(ensure_unchanged(&texts)).unwrap();
}

/// The longest path that the `http` crate takes is 65,534 bytes.
#[test]
fn a_name_too_long_for_a_url_is_refused_before_anything_is_sent() {
    runtime().block_on(async {
        let server = Server::always(answer_for_two_facts()).await;
        let engram = server.builder().build().unwrap();
        for (length, is_sent) in [(60_000, true), (70_000, false)] {
            let name = "b".repeat(length);
            for outcome in [
                engram.store_memory("x").bucket(&name).await.map(drop),
                engram.delete_memory(&name).await,
                engram.clear_memories(&name).await.map(drop),
            ] {
                match outcome {
                    Ok(()) => assert!(is_sent, "{length}"),
                    Err(error) => {
                        assert!(!is_sent && matches!(error, EngramError::InvalidRequest(_)), "{length}: {error:?}");
                        assert!(error.to_string().contains("too long"), "{error}");
                        crate::support::assert_one_short_line(&error);
                    }
                }
            }
        }
        assert_eq!(server.requests().len(), 3);
    });
}

const KNOWN_FIELDS: [&str; 8] = ["content", "dedup", "memories", "name", "description", "query", "buckets", "stream"];

/// What each request with extra fields is to send: what it sends without them, and they.
async fn ensure_extra_fields_are_sent(fields: &[(String, Value)]) -> Result<(), TestCaseError> {
    let server = Server::always(answer_for_two_facts()).await;
    let engram = server.builder().build().unwrap();
    let mut store = engram.store_memory("a");
    let mut store_many = engram.store_memories(["a", "b"]);
    let mut create = engram.create_bucket("b");
    let mut query = engram.query("q");
    let mut stream = engram.query_stream("q");
    for (name, value) in fields {
        store = store.extra(name, value.clone());
        store_many = store_many.extra(name, value.clone());
        create = create.extra(name, value.clone());
        query = query.extra(name, value.clone()).extra_option(name, value.clone());
        stream = stream.extra(name, value.clone()).extra_option(name, value.clone());
    }
    store.await.unwrap();
    store_many.await.unwrap();
    create.await.unwrap();
    query.await.unwrap();
    let _ = stream.await.unwrap();

    let options = json!({ "top_k": 8, "return_explanation": true, "skip_synthesis": false });
    let mut expected = [
        json!({ "content": "a" }),
        json!({ "memories": [{ "content": "a" }, { "content": "b" }] }),
        json!({ "name": "b" }),
        json!({ "query": "q", "buckets": ["default"], "options": options }),
        json!({ "query": "q", "buckets": ["default"], "options": options, "stream": true }),
    ];
    let requests = server.requests();
    prop_assert_eq!(requests.len(), expected.len());
    for (request, expected) in requests.iter().zip(&mut expected) {
        for (name, value) in fields {
            expected[name] = value.clone();
            if expected.get("query").is_some() {
                expected["options"][name] = value.clone();
            }
        }
        prop_assert_eq!(&request.json(), expected);
    }
    Ok(())
}

#[test]
fn any_extra_field_reaches_the_server_unchanged() {
    let name = any_text().prop_filter("the spec knows it", |name| !KNOWN_FIELDS.contains(&name.as_str()));
    let fields = proptest::collection::vec((name, any_json()), 0..4);
    let runtime = runtime();
    let outcome = TestRunner::new(property_config(64))
        .run(&fields, |fields| runtime.block_on(ensure_extra_fields_are_sent(&fields)));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
