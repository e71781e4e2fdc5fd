//! What the tests share.
// `memory.rs` and `trace.rs` compile this module too, and use a part of it.
#![allow(dead_code, unreachable_pub, unused_imports, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod http2;
pub mod spec;
#[allow(unused_macros)]
#[macro_use]
pub mod requests;

use std::pin::Pin;

use lumetra_engram::{EngramClient, EngramError};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

pub use lumetra_engram_faults::{
    Answer, Gate, KEY, PATIENCE, Request, Server, block, delta, everything_printed, on_paused_time,
};

pub type Outcome = Pin<Box<dyn Future<Output = Result<(), EngramError>> + Send>>;

/// Whether a request succeeds.
pub fn outcome<T>(request: impl IntoFuture<Output = Result<T, EngramError>, IntoFuture: Send + 'static>) -> Outcome {
    let future = request.into_future();
    Box::pin(async move { future.await.map(drop) })
}

/// A call of every operation, with the request line that it sends.
pub fn every_operation(engram: &EngramClient) -> Vec<(&'static str, Outcome)> {
    vec![
        ("POST /v1/buckets/default/memories", outcome(engram.store_memory("a fact"))),
        ("POST /v1/buckets/default/memories", outcome(engram.store_memories(["a fact"]))),
        ("GET /v1/buckets/default/memories?limit=20&offset=0", outcome(engram.list_memories())),
        ("DELETE /v1/buckets/default/memories/m1", outcome(engram.delete_memory("m1"))),
        ("DELETE /v1/buckets/b1/memories", outcome(engram.clear_memories("b1"))),
        ("POST /v1/query", outcome(engram.query("a question"))),
        ("POST /v1/query", outcome(engram.query_stream("a question"))),
        ("GET /v1/buckets", outcome(engram.list_buckets())),
        ("POST /v1/buckets", outcome(engram.create_bucket("b1"))),
        ("DELETE /v1/buckets/b1", outcome(engram.delete_bucket("b1"))),
        ("GET /v1/buckets/default/profile", outcome(engram.get_profile())),
        ("POST /v1/buckets/default/profile/regenerate", outcome(engram.regenerate_profile())),
    ]
}

/// Calls the operation of this name and encodes what it returns.
pub async fn call(engram: &EngramClient, operation: &str) -> Result<Value, EngramError> {
    call_with(engram, operation, 1).await
}

/// The same, with so many facts where it takes several.
pub async fn call_with(engram: &EngramClient, operation: &str, facts: usize) -> Result<Value, EngramError> {
    fn encode(answer: impl serde::Serialize) -> Value {
        serde_json::to_value(answer).expect("an answer is JSON")
    }
    match operation {
        "store_memory" => engram.store_memory("x").await.map(encode),
        "store_memories" => engram.store_memories(vec!["x"; facts]).await.map(encode),
        "list_memories" => engram.list_memories().await.map(encode),
        "delete_memory" => engram.delete_memory("m").await.map(encode),
        "clear_memories" => engram.clear_memories("b").await.map(encode),
        "query" => engram.query("q").await.map(encode),
        "query_stream" => engram.query_stream("q").await?.finish().await.map(encode),
        "list_buckets" => engram.list_buckets().await.map(encode),
        "create_bucket" => engram.create_bucket("b").await.map(encode),
        "delete_bucket" => engram.delete_bucket("b").await.map(encode),
        "get_profile" => engram.get_profile().await.map(encode),
        "regenerate_profile" => engram.regenerate_profile().await.map(encode),
        other => panic!("no such operation: {other}"),
    }
}

/// How many results of a batch are in this answer.
pub fn results_in(body: &Value) -> usize {
    body.get("memories").unwrap_or(body).as_array().map_or(1, Vec::len)
}

/// A body that every operation takes for its answer.
pub fn answer_for_all() -> Value {
    let memory = json!({ "id": "m1", "content": "a fact" });
    json!({ "id": "m1", "content": "a fact", "name": "b1", "answer": "yes", "memories": [memory], "buckets": [] })
}

/// Asserts that `Display` is one short line.
pub fn assert_one_short_line(error: &EngramError) {
    let line = error.to_string();
    assert!(!line.contains(['\n', '\r']) && line.chars().count() <= 400, "not one short line: {line}");
}

/// Characters that mean something in a URL, in JSON, in a stream of events or to a terminal: line ends, a byte order mark, text from
/// right to left, marks that combine and join.
const ODD_CHARACTERS: &str =
    "./\\%?#&=+:;\"' \0\r\n\t\u{7f}\u{85}\u{2028}\u{2029}\u{feff}\u{202e}\u{5d0}e\u{301}\u{1f9e0}\u{200d}\u{10ffff}";
const ODD_TEXTS: [&str; 8] =
    ["", "..", "%2e%2e", "%2F", "null", "data: ", "\u{fffd}", "\r\nX-Injected: 1\r\n\r\nGET / HTTP/1.1"];

/// Any text, often an odd one.
pub fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => select(ODD_CHARACTERS.chars().collect::<Vec<_>>()).prop_map(String::from),
        1 => select(&ODD_TEXTS[..]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[ -~]{1,8}",
    ];
    prop_oneof![
        9 => vec(part, 0..6).prop_map(|parts| parts.concat()),
        1 => select(&["", ".", ".."][..]).prop_map(str::to_owned),
    ]
}

/// Any JSON whose numbers have 64 bits.
pub fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO).prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any_text(), inner, 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A property is tried with the same values every time, so that a failure is one for everybody. `PROPTEST_RNG_SEED` gives others.
pub fn property_config(cases: u32) -> ProptestConfig {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    match config.rng_seed {
        RngSeed::Random => ProptestConfig { rng_seed: RngSeed::Fixed(1), ..config },
        RngSeed::Fixed(_) => config,
    }
}
