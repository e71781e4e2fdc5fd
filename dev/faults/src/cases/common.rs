//! What the cases have in common.

pub(super) use std::time::Duration;

pub(super) use serde_json::{Value, json};

pub(super) use crate::answer::{Answer, block, chunk, delta};
pub(super) use crate::call::Call::*;
pub(super) use crate::case::{
    Case, Expected, Failure, api, breaks_off, case, decode, returns, streams, timeout, transport,
};
pub(super) use crate::server::KEY;
pub(super) use crate::stage::Scene;

pub(super) const MIB: usize = 1 << 20;
/// What an error says of a call whose response cannot be used.
pub(super) const ACCEPTED: &str = "the server accepted the call";
/// What it says of a call that may have been sent.
pub(super) const UNKNOWN: &str = "the call may have taken effect";

/// The timeout of a client that is kept waiting.
pub(super) const SHORT: Duration = Duration::from_millis(1500);
/// How often a call that may be sent again is sent where its connection breaks each time.
pub(super) const SENT_AGAIN: usize = 4;

/// What the service answers when it has stored a fact.
pub(super) const STORED: &str = r#"{"id":"m1","status":"stored"}"#;

pub(super) fn store(name: &'static str, answer: Answer, expected: impl Into<Expected>) -> Case {
    case(name, StoreMemory, answer, expected)
}

pub(super) fn query(name: &'static str, body: &str, expected: impl Into<Expected>) -> Case {
    case(name, Query, ok(body), expected)
}

pub(super) fn list(name: &'static str, body: &str, expected: impl Into<Expected>) -> Case {
    case(name, ListMemories, ok(body), expected)
}

pub(super) fn stored() -> Expected {
    returns(json!({ "id": "m1" }))
}

pub(super) fn stored_answer() -> Answer {
    ok(STORED)
}

/// A success with this JSON.
pub(super) fn ok(body: impl AsRef<[u8]>) -> Answer {
    Answer::text(200, "application/json", body)
}

/// A success with this head, and this JSON as its body.
pub(super) fn with_head(head: &str, body: &str) -> Answer {
    Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{head}\r\n{body}"))
}

pub(super) fn nothing() -> Expected {
    returns(Value::Null)
}
