//! What takes several requests: a whole list, and an ingest.

use serde_json::{Value, json};

use super::ok;
use crate::answer::Answer;
use crate::call::Call;
use crate::case::{Case, Expected, decode, returns};

pub(super) fn cases() -> Vec<Case> {
    let list = |name, first, expected: Expected| {
        Case::answered(name, Call::AllMemories, first, expected).only_ours("it reads one page")
    };
    let refused = |name, status, stopped: &str| {
        ingest(name, Answer::empty(status), [0, 0, 4], json!(stopped)).requests(1)
    };
    vec![
        // What came after the deleted memory has moved up by one.
        list("has a memory deleted between two pages", page(5, &["m1", "m2"]), all(&["m1", "m2", "m3", "m4", "m5"]))
            .then(page(4, &["m4", "m5"]))
            .then(page(4, &["m3", "m4"]))
            .then(page(4, &["m5"]))
            .requests(4),
        list("ends a list before the number that it counts", page(5, &["m1", "m2"]), cut_short())
            .then(page(5, &[]))
            .requests(2),
        list("sends the first page for ever", page(5, &["m1", "m2"]), cut_short()).requests(3),
        // What is no fact's fault is not tried again with smaller batches.
        refused("has no more credit", 402, "Engram API 402: Payment Required"),
        refused("may not, for legal reasons", 451, "Engram API 451: Unavailable For Legal Reasons"),
        refused("has no more space", 507, "Engram API 507: Insufficient Storage"),
        refused("has an outage that a gateway names", 530, "Engram API 530: unknown status"),
        ingest("refuses every fact", Answer::empty(422), [0, 4, 0], Value::Null).requests(6),
    ]
}

/// An ingest that gets this answer to each request, and how many facts are stored, fail and are not attempted.
fn ingest(name: &'static str, answer: Answer, [stored, failed, not_attempted]: [u8; 3], stopped: Value) -> Case {
    let report = json!({ "stored": stored, "failed": failed, "not_attempted": not_attempted, "stopped": stopped });
    Case::answered(name, Call::Ingest, answer, returns(report)).only_ours("it has no ingest")
}

fn page(total: u32, ids: &[&str]) -> Answer {
    ok(json!({ "memories": memories(ids), "total": total, "limit": 2 }).to_string())
}

fn all(ids: &[&str]) -> Expected {
    returns(memories(ids))
}

fn memories(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({ "id": id, "content": "c" })).collect()
}

fn cut_short() -> Expected {
    decode("the bucket holds 5 memories by its own count").into()
}
