//! The body of a successful answer, given to every operation. What a caller gets holds all that was sent and can be written and
//! read again; what cannot be read is an error that says that the server had accepted the call.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lumetra_engram::{EngramClient, EngramError, QueryResult, QueryStream, QueryStreamEvent};
use lumetra_engram_fuzz::{NO_LIMIT, Random, assert_fit, client, in_pieces, success, with_answers};
use serde::Serialize;
use serde_json::Value;

/// The operations whose answer is read; of those that read the same, one.
const OPERATIONS: [&str; 9] = [
    "clear_memories",
    "create_bucket",
    "get_profile",
    "list_buckets",
    "list_memories",
    "query",
    "query_stream",
    "store_memories",
    "store_memory",
];

fuzz_target!(|body: &[u8]| {
    let engram = client(NO_LIMIT, 0);
    // A byte order mark is passed over. The stream's reader takes white space around a frame that is none in JSON.
    let json = body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(body);
    let sent = serde_json::from_slice::<Value>(str::from_utf8(json).map_or(json, |text| text.trim().as_bytes()));
    for operation in OPERATIONS {
        match outcome(&engram, operation, body) {
            Ok(got) => {
                let again = outcome(&engram, operation, got.to_string().as_bytes());
                assert!(again.is_ok_and(|again| alike(&got, &again)), "{operation} reads its own {got} otherwise");
                match &sent {
                    Ok(sent) => {
                        assert!(holds(part(operation, sent), &got), "{operation} loses a part of {sent}: {got}")
                    }
                    Err(error) => {
                        assert!(may_be_no_json(operation, json), "{operation} reads no JSON ({error}): {got}")
                    }
                }
            }
            Err(error) => assert_error(operation, &error),
        }
    }
    assert_same_for_the_stream(&engram, body, sent.ok());
    outcome(&engram, "delete_memory", body).expect("that it was accepted is enough");
    outcome(&engram, "delete_bucket", body).expect("that it was accepted is enough");
});

/// What a caller gets of an operation that is answered so, in JSON.
fn outcome(engram: &EngramClient, operation: &str, body: &[u8]) -> Result<Value, EngramError> {
    let answer = success("application/json", in_pieces(Random::of(body).pieces(body)));
    with_answers([answer], async {
        match operation {
            "clear_memories" => in_json(engram.clear_memories("b").await),
            "create_bucket" => in_json(engram.create_bucket("b").await),
            "delete_bucket" => in_json(engram.delete_bucket("b").await),
            "delete_memory" => in_json(engram.delete_memory("m").await),
            "get_profile" => in_json(engram.get_profile().await),
            "list_buckets" => in_json(engram.list_buckets().await),
            "list_memories" => in_json(engram.list_memories().await),
            "query" => in_json(engram.query("q").await),
            "query_stream" => in_json(only_event(engram.query_stream("q").await?).await),
            "store_memories" => in_json(engram.store_memories(vec!["f"; results_in(body)]).await),
            "store_memory" => in_json(engram.store_memory("f").await),
            other => panic!("no operation {other}"),
        }
    })
}

/// How many facts a batch must have had for this answer to be the right one.
fn results_in(body: &[u8]) -> usize {
    let sent = serde_json::from_slice::<Value>(body).unwrap_or_default();
    sent.get("memories").unwrap_or(&sent).as_array().map_or(1, |results| results.len().max(1))
}

/// An answer that is no stream of events is one event.
async fn only_event(mut stream: QueryStream) -> Result<QueryResult, EngramError> {
    match stream.next().await.expect("an end that says how it went")? {
        QueryStreamEvent::Done(result) => Ok(*result),
        other => panic!("a plain answer begins with {other:?}"),
    }
}

fn in_json<T: Serialize>(outcome: Result<T, EngramError>) -> Result<Value, EngramError> {
    outcome.map(|value| serde_json::to_value(value).expect("what is read can be written"))
}

fn assert_error(operation: &str, error: &EngramError) {
    assert_fit(error);
    match error {
        EngramError::Stream(_) => assert_eq!(operation, "query_stream"),
        EngramError::Decode(_) => assert_eq!(error.status().map(u16::from), Some(200)),
        other => panic!("{operation}: not an answer that cannot be read: {other:?}"),
    }
}

/// A clearing needs no answer.
fn may_be_no_json(operation: &str, json: &[u8]) -> bool {
    operation == "clear_memories" && json.is_empty()
}

/// Asserts that an answer in JSON is the same for who asked for a stream.
fn assert_same_for_the_stream(engram: &EngramClient, body: &[u8], sent: Option<Value>) {
    let is_frame = sent.is_some_and(|sent| sent.get("choices").or(sent.get("error")).is_none());
    if let (Ok(got), true) = (outcome(engram, "query", body), is_frame) {
        let streamed = outcome(engram, "query_stream", body);
        assert!(streamed.as_ref().is_ok_and(|streamed| *streamed == got), "{streamed:?} is streamed, not {got}");
    }
}

/// The part of an answer that the caller gets: of some, only the list.
fn part<'a>(operation: &str, sent: &'a Value) -> &'a Value {
    let list = match operation {
        "list_buckets" => "buckets",
        "store_memories" => "memories",
        _ => return sent,
    };
    sent.get(list).unwrap_or(sent)
}

/// Whether all that was sent is there. Names and texts may be filled in where they were empty.
fn holds(sent: &Value, got: &Value) -> bool {
    match (sent, got) {
        (Value::Null, _) => true,
        (Value::String(sent), Value::String(got)) => sent.is_empty() || sent == got,
        // Some servers write numbers as texts.
        (Value::String(sent), Value::Number(_)) => {
            serde_json::from_str(sent).is_ok_and(|sent: Value| sent.is_number() && alike(&sent, got))
        }
        // Others write ids as numbers.
        (Value::Number(sent), Value::String(got)) => sent.to_string() == *got,
        (Value::Array(sent), Value::Array(got)) => {
            sent.len() == got.len() && sent.iter().zip(got).all(|(sent, got)| holds(sent, got))
        }
        // A list of memories may come bare, or under another name.
        (Value::Array(_), Value::Object(members)) => {
            members.get("memories").is_some_and(|got| got.is_array() && holds(sent, got))
        }
        (Value::Object(sent), Value::Object(members)) => sent.iter().all(|(name, sent)| match members.get(name) {
            Some(got) => holds(sent, got),
            None => is_nothing(sent) || ["data", "items"].contains(&name.as_str()) && holds(sent, got),
        }),
        _ => alike(sent, got),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Whether two values are the same, numbers however they are written.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| alike(one, other)))
        }
        _ => one == other,
    }
}
