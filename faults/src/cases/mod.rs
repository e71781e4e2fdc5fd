//! The cases, by what they are about.

mod answers;
mod arguments;
mod bodies;
mod connections;
mod heads;
mod redirects;
mod refusals;
mod retry_after;
mod several;
mod streams;

use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::{Answer, block, chunk, delta};
use crate::call::Call::*;
use crate::case::{Case, Expected, Failure, api, breaks_off, case, decode, returns, streams, timeout, transport};
use crate::server::KEY;
use crate::stage::Scene;

const MIB: usize = 1 << 20;
/// What an error says of a call whose response cannot be used.
const ACCEPTED: &str = "the server accepted the call";
/// What it says of a call that may have been sent.
const UNKNOWN: &str = "the call may have taken effect";

/// The timeout of a client that is kept waiting.
const SHORT: Duration = Duration::from_millis(1500);
/// How often a call that may be sent again is sent where its connection breaks each time.
const SENT_AGAIN: usize = 4;

/// All cases, in the order of the table.
pub fn all() -> Vec<Case> {
    [
        group("connection", connections::cases()),
        group("head of the answer", heads::cases()),
        group("body of the answer", bodies::cases()),
        group("content of the answer", answers::cases()),
        group("refusal", refusals::cases()),
        group("redirect", redirects::cases()),
        group("Retry-After", retry_after::cases()),
        group("stream", streams::cases()),
        group("several requests", several::cases()),
        group("argument", arguments::cases()),
    ]
    .concat()
}

fn group(group: &'static str, cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().map(|case| Case { group, ..case }).collect()
}

/// What the service answers when it has stored a fact.
const STORED: &str = r#"{"id":"m1","status":"stored"}"#;

fn store(name: &'static str, answer: Answer, expected: impl Into<Expected>) -> Case {
    case(name, StoreMemory, answer, expected)
}

fn query(name: &'static str, body: &str, expected: impl Into<Expected>) -> Case {
    case(name, Query, ok(body), expected)
}

fn list(name: &'static str, body: &str, expected: impl Into<Expected>) -> Case {
    case(name, ListMemories, ok(body), expected)
}

fn stored() -> Expected {
    returns(json!({ "id": "m1" }))
}

fn stored_answer() -> Answer {
    ok(STORED)
}

/// A success with this JSON.
fn ok(body: impl AsRef<[u8]>) -> Answer {
    Answer::text(200, "application/json", body)
}

/// A success with this head, and this JSON as its body.
fn with_head(head: &str, body: &str) -> Answer {
    Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{head}\r\n{body}"))
}

fn nothing() -> Expected {
    returns(Value::Null)
}
