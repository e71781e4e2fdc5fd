//! What takes several requests: a whole list, and an ingest.

use super::common::*;

pub(super) fn cases() -> Vec<Case> {
    let list =
        |name, first, expected: Expected| case(name, AllMemories, first, expected).only_ours("it reads one page");
    let ingest = |name, status, requests, [failed, not_attempted]: [u8; 2], stopped: Value| {
        let report = json!({ "stored": 0, "failed": failed, "not_attempted": not_attempted, "stopped": stopped });
        let case = case(name, Ingest, Answer::empty(status), returns(report));
        case.requests(requests).only_ours("it has no ingest")
    };
    // What is no fact's fault is not tried again with smaller batches.
    let refused = |name, status, stopped: &str| ingest(name, status, 1, [2, 22], json!(stopped));
    // It might be over with the next request.
    let unwell = |name, status, stopped: &str| ingest(name, status, 10, [20, 4], json!(stopped));
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
        refused("has no more credit", 402, "Engram API 402: Payment Required"),
        refused("may not, for legal reasons", 451, "Engram API 451: Unavailable For Legal Reasons"),
        unwell("has no more space", 507, "Engram API 507: Insufficient Storage"),
        unwell("has an outage that a gateway names", 530, "Engram API 530: unknown status"),
        ingest("refuses every fact", 422, 36, [24, 0], Value::Null),
    ]
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
    decode("the server counts 5 memories in the bucket").into()
}
