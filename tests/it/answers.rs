//! Answers: every form that servers are known to send decodes, and what cannot be decoded is an error that says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::support::spec::{document, examples};
use crate::support::{Answer, Server, assert_one_short_line, block, call_with, results_in};
use lumetra_engram::{EngramError, MergeReason, ProfileStatus, StoreStatus, api};
use lumetra_engram_spec::openapi;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

async fn outcome(operation: &str, answer: Answer) -> Result<Value, EngramError> {
    outcome_of(operation, 1, answer).await
}

async fn outcome_of(operation: &str, facts: usize, answer: Answer) -> Result<Value, EngramError> {
    let server = Server::start([answer]).await;
    let engram = server.builder().max_retries_on_429(0).build().unwrap();
    call_with(&engram, operation, facts).await
}

/// What the operation returns where the server answers so.
async fn decoded(operation: &str, body: &Value) -> Value {
    match outcome_of(operation, results_in(body), Answer::json(200, body)).await {
        Ok(value) => value,
        Err(error) => panic!("{operation} does not decode {body}: {error}"),
    }
}

async fn decode_error(operation: &str, answer: Answer) -> EngramError {
    let error = match outcome(operation, answer).await {
        Ok(value) => panic!("{operation} took an answer for {value}"),
        Err(error) => error,
    };
    assert!(matches!(error, EngramError::Decode(_)), "{operation}: {error:?}");
    assert!(error.to_string().contains("the server accepted the call (HTTP 20"), "{error}");
    assert!(error.status().map(u16::from).is_some_and(|status| (200..300).contains(&status)), "{error:?}");
    assert_one_short_line(&error);
    error
}

const TIME: &str = "2026-05-22T09:30:00Z";

/// Operations with an answer that has every known field.
fn full_answers() -> Vec<(&'static str, Value)> {
    let stored = json!({
        "id": "m1", "memory_id": "m1", "bucket_name": "b", "token_count": 6, "status": "merged", "deduped_into": "m0",
        "similarity_score": 0.97, "merge_reason": "embedding_similarity", "success": true,
    });
    let memory = json!({ "id": "m1", "content": "c", "bucket_name": "b", "created_at": TIME, "token_count": 6 });
    let bucket = json!({
        "id": "i", "name": "b", "bucket_name": "b", "description": "d", "created_at": TIME, "memory_count": 1,
    });
    let retrieved = json!({
        "memory_id": "m1", "bucket_id": "i", "bucket_name": "b", "content": "c", "raw_score": 0.5, "weight": 2.0,
        "weighted_score": 1.0, "metadata": { "k": "v" }, "id": "m1", "score": 1.0, "bucket": "b",
    });
    let fact = json!({
        "subject": "s", "predicate": "p", "object": "o", "memory_id": "m1", "bucket_id": "i", "bucket_name": "b",
        "depth": 0, "weight": 1.0, "timestamp": TIME,
    });
    let answer = json!({
        "success": true, "answer": "a", "answer_json": { "k": 1 }, "memories_found": 1,
        "explanation": {
            "retrieved_memories": [retrieved], "graph_facts": [fact],
            "entity_matches": [{ "entity": "e", "bucket_name": "b", "score": 0.5 }],
            "context_tokens": 34, "profile": "p", "profiles": { "b": "p", "c": { "events": [] } },
        },
        "usage": {
            "input_tokens": 1, "output_tokens": 2, "context_tokens": 3,
            "actual_input_tokens": 4, "actual_output_tokens": 5,
        },
        "synthesis_usage": { "prompt_tokens": 1 },
    });
    let profile = json!({
        "profile": "p", "bucket_id": "i", "status": "ready", "updated_at": TIME, "n_memories_at_gen": 12,
        "source": "bucket_profiler",
    });
    vec![
        ("store_memory", stored.clone()),
        ("store_memories", json!([stored])),
        ("list_memories", json!({ "memories": [memory], "total": 1, "limit": 20, "offset": 0 })),
        ("clear_memories", json!({ "success": true, "cleared_count": 3 })),
        ("query", answer.clone()),
        ("query_stream", answer),
        ("list_buckets", json!([bucket.clone()])),
        ("create_bucket", bucket),
        ("get_profile", profile.clone()),
        ("regenerate_profile", profile),
    ]
}

/// The JSON pointers of all members of all objects in a value.
fn members(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (format!("{at}/{name}"), member)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(index, e)| (format!("{at}/{index}"), e)).collect(),
        _ => Vec::new(),
    };
    for (pointer, child) in children {
        if value.is_object() {
            found.push(pointer.clone());
        }
        members(child, &pointer, found);
    }
}

fn parent(pointer: &str) -> (&str, &str) {
    pointer.rsplit_once('/').unwrap()
}

fn remove(body: &mut Value, pointer: &str) {
    let (parent, name) = parent(pointer);
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
}

#[tokio::test]
async fn full_answers_are_kept_to_the_last_field() {
    for (operation, body) in full_answers() {
        assert_eq!(decoded(operation, &body).await, body, "{operation}");
    }
}

#[tokio::test]
async fn any_2xx_is_a_success() {
    for status in [200, 201, 202, 203, 206, 299] {
        for (operation, body) in full_answers() {
            let outcome = outcome(operation, Answer::json(status, &body)).await;
            assert_eq!(outcome.unwrap(), body, "{operation} with {status}");
        }
        for operation in ["delete_memory", "delete_bucket"] {
            outcome(operation, Answer::json(status, &json!({ "ok": true }))).await.unwrap();
        }
    }
}

#[tokio::test]
async fn null_and_absence_are_the_same_for_all_that_a_caller_can_do_without() {
    for (operation, body) in full_answers() {
        let mut pointers = Vec::new();
        members(&body, "", &mut pointers);
        for pointer in pointers {
            let name = parent(&pointer).1;
            let needed = name == "content"
                || (pointer == "/answer" && operation == "query")
                || (name == "id" && operation == "list_memories");
            if needed {
                continue;
            }
            let mut with_null = body.clone();
            *with_null.pointer_mut(&pointer).unwrap() = Value::Null;
            decoded(operation, &with_null).await;
            // An object without its list is another object, such as that of an error.
            if pointer != "/memories" {
                let mut without = body.clone();
                remove(&mut without, &pointer);
                decoded(operation, &without).await;
            }
        }
    }
}

#[tokio::test]
async fn unknown_fields_are_kept_wherever_they_are() {
    let news = json!([1, { "a": null }]);
    for (operation, body) in full_answers() {
        let mut pointers = Vec::new();
        members(&body, "", &mut pointers);
        let mut objects: Vec<_> = pointers.iter().map(|pointer| parent(pointer).0.to_owned()).collect();
        objects.dedup();
        for object in objects {
            let mut extended = body.clone();
            extended.pointer_mut(&object).unwrap().as_object_mut().unwrap().insert("x_new".to_owned(), news.clone());
            assert_eq!(decoded(operation, &extended).await, extended, "{operation} at {object:?}");
        }
    }
}

#[tokio::test]
async fn unknown_fields_are_in_extra() {
    let server = Server::start([
        Answer::json(200, &json!({ "id": "m", "x_new": 1 })),
        Answer::json(200, &json!({ "answer": "a", "x_new": 1, "explanation": { "x_new": 2 } })),
    ])
    .await;
    let engram = server.client();
    assert_eq!(engram.store_memory("x").await.unwrap().extra, Map::from_iter([("x_new".to_owned(), json!(1))]));
    let result = engram.query("q").await.unwrap();
    assert_eq!((&result.extra["x_new"], &result.explanation.unwrap().extra["x_new"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn lists_come_bare_or_wrapped_in_any_known_name() {
    let item = json!({ "id": "m", "content": "c", "name": "b" });
    let list = json!([item, item]);
    for (operation, names) in [
        ("store_memories", &["memories"][..]),
        ("list_buckets", &["buckets"]),
        ("list_memories", &["memories", "data", "items"]),
    ] {
        let wrapped = names.iter().map(|name| json!({ *name: list }));
        for body in wrapped.chain([list.clone()]) {
            let answer = decoded(operation, &body).await;
            let found = answer.get("memories").unwrap_or(&answer);
            assert_eq!(found, &list, "{operation}: {body}");
        }
        if operation == "store_memories" {
            continue; // No result for a fact is an error: see below.
        }
        for empty in names.iter().flat_map(|name| [json!({ *name: [] }), json!({ *name: null })]).chain([json!([])]) {
            let answer = decoded(operation, &empty).await;
            assert_eq!(answer.get("memories").unwrap_or(&answer), &json!([]), "{operation}: {empty}");
        }
    }
}

#[tokio::test]
async fn a_batch_without_one_result_for_each_fact_is_an_error() {
    let [one, two] = [json!([{ "id": "a" }]), json!([{ "id": "a" }, { "id": "b" }])];
    for results in [json!([]), one, two.clone()] {
        for body in [results.clone(), json!({ "memories": results })] {
            let outcome = outcome_of("store_memories", 3, Answer::json(200, &body)).await;
            let error = outcome.unwrap_err();
            assert!(
                matches!(error, EngramError::Decode(_)) && error.to_string().contains("number of results"),
                "{error}"
            );
        }
    }
    assert!(outcome_of("store_memories", 2, Answer::json(200, &two)).await.is_ok());
}

#[tokio::test]
async fn a_list_that_came_under_several_names_is_taken_from_the_first_and_nothing_is_lost() {
    let (ours, other) = (r#"[{"id":"m","content":"c"}]"#, r#"[{"id":"n","content":"d"}]"#);
    for (body, kept) in [
        (format!(r#"{{"memories":{ours},"data":{other}}}"#), json!({ "data": [{ "id": "n", "content": "d" }] })),
        (format!(r#"{{"data":{other},"memories":{ours}}}"#), json!({ "data": [{ "id": "n", "content": "d" }] })),
        (format!(r#"{{"items":{other},"data":{ours}}}"#), json!({ "items": [{ "id": "n", "content": "d" }] })),
        (format!(r#"{{"data":{{"next":1}},"items":{ours}}}"#), json!({ "data": { "next": 1 } })),
        (format!(r#"{{"data":null,"items":{ours},"memories":null}}"#), json!({ "data": null })),
        (format!(r#"{{"memories":{ours},"items":5,"data":"x"}}"#), json!({ "items": 5, "data": "x" })),
    ] {
        let decoded = outcome("list_memories", Answer::text(200, "application/json", &body)).await.unwrap();
        let mut expected = kept;
        expected["memories"] = json!([{ "id": "m", "content": "c" }]);
        assert_eq!(decoded, expected, "{body}");
    }
    let empty = decoded("list_memories", &json!({ "memories": [], "data": [{ "id": "n", "content": "d" }] })).await;
    assert_eq!(empty["memories"], json!([]), "an empty list is a list");
}

#[tokio::test]
async fn the_last_of_several_members_of_one_name_counts() {
    let body = r#"{"answer":"a","answer":"b","x_new":1,"x_new":2,"usage":{"input_tokens":1,"input_tokens":2}}"#;
    let expected = json!({ "answer": "b", "x_new": 2, "usage": { "input_tokens": 2 } });
    assert_eq!(outcome("query", Answer::text(200, "application/json", body)).await.unwrap(), expected);
    assert_eq!(outcome("query_stream", Answer::sse([body])).await.unwrap(), expected);
    let delta = r#"{"choices":[],"choices":[{"delta":null,"delta":{"content":"a","content":"b"}}]}"#;
    let streamed = outcome("query_stream", Answer::sse([delta, r#"{"usage":{}}"#])).await.unwrap();
    assert_eq!(streamed["answer"], "b");
}

#[tokio::test]
async fn a_number_may_be_written_in_any_way_that_means_the_same() {
    for written in ["3", "3.0", "3e0", "30e-1", r#""3""#, r#""3.0""#] {
        let body = format!(r#"{{"id":"m","token_count":{written},"similarity_score":{written}}}"#);
        let stored = outcome("store_memory", Answer::text(200, "application/json", &body)).await.unwrap();
        assert_eq!((&stored["token_count"], &stored["similarity_score"]), (&json!(3), &json!(3.0)), "{written}");
    }
    for largest in [i64::MAX, i64::MIN, (1 << 53) + 1] {
        for written in [largest.to_string(), format!("\"{largest}\"")] {
            let body = format!(r#"{{"id":"m","token_count":{written}}}"#);
            let stored = outcome("store_memory", Answer::text(200, "application/json", &body)).await.unwrap();
            assert_eq!(stored["token_count"], json!(largest), "{written}");
        }
    }
    for meaningless in
        ["3.5", "9223372036854775808", "1e30", "-1e19", r#""""#, r#""3 kg""#, r#""NaN""#, r#""0x3""#, "true"]
    {
        let body = format!(r#"{{"id":"m","token_count":{meaningless}}}"#);
        let error = decode_error("store_memory", Answer::text(200, "application/json", &body)).await;
        assert!(error.to_string().contains("token_count"), "{meaningless}: {error}");
    }
    for meaningless in [r#""inf""#, r#""NaN""#, r#""1e999""#, "{}"] {
        let body = format!(r#"{{"id":"m","similarity_score":{meaningless}}}"#);
        let error = decode_error("store_memory", Answer::text(200, "application/json", &body)).await;
        assert!(error.to_string().contains("similarity_score"), "{meaningless}: {error}");
    }
}

#[tokio::test]
async fn numbers_are_kept_to_the_last_digit() {
    // Most readers of JSON that take a short cut get these wrong.
    for score in [0.1 + 0.2, 1.0 / 3.0, 5e-324, f64::MAX, 9_007_199_254_740_993.0, 8.533_034_095_180_56e-2] {
        let stored = decoded("store_memory", &json!({ "id": "m", "similarity_score": score, "x_new": score })).await;
        assert_eq!((stored["similarity_score"].as_f64(), stored["x_new"].as_f64()), (Some(score), Some(score)));
    }
}

#[tokio::test]
async fn the_numbers_of_a_page_are_there_where_they_were_sent() {
    let server = Server::start([
        Answer::json(200, &json!({ "memories": [], "total": 500, "limit": 100, "offset": 7 })),
        Answer::json(200, &json!([])),
    ])
    .await;
    let page = server.client().list_memories().await.unwrap();
    assert_eq!((page.total, page.limit, page.offset), (Some(500), Some(100), Some(7)));
    let bare = server.client().list_memories().await.unwrap();
    assert_eq!((bare.total, bare.limit, bare.offset), (None, None, None));
}

#[tokio::test]
async fn a_memory_has_its_id_under_either_name() {
    for body in [
        json!({ "id": "m" }),
        json!({ "memory_id": "m" }),
        json!({ "id": "m", "memory_id": "m" }),
        json!({ "id": null, "memory_id": "m" }),
    ] {
        assert_eq!(decoded("store_memory", &body).await["id"], "m", "{body}");
        assert_eq!(decoded("store_memories", &json!([body])).await[0]["id"], "m", "{body}");
        assert_eq!(decoded("store_memories", &json!({ "memories": [body] })).await[0]["id"], "m", "{body}");
        let mut listed = body.clone();
        listed["content"] = json!("c");
        assert_eq!(decoded("list_memories", &json!([listed])).await["memories"][0]["id"], "m", "{listed}");
        assert_eq!(decoded("list_memories", &json!({ "data": [listed] })).await["memories"][0]["id"], "m", "{listed}");
    }
}

#[tokio::test]
async fn a_bucket_has_its_name_under_either_name() {
    for body in [json!({ "name": "b" }), json!({ "bucket_name": "b" }), json!({ "name": "b", "bucket_name": "b" })] {
        assert_eq!(decoded("create_bucket", &body).await["name"], "b", "{body}");
        assert_eq!(decoded("list_buckets", &json!([body])).await[0]["name"], "b", "{body}");
        assert_eq!(decoded("list_buckets", &json!({ "buckets": [body] })).await[0]["name"], "b", "{body}");
    }
}

#[tokio::test]
async fn retrieved_memories_of_old_servers_have_the_new_names_too() {
    let old = json!({ "id": "m", "content": "c", "score": 0.5, "bucket": "b" });
    let new =
        json!({ "memory_id": "n", "content": "c", "weighted_score": 0.25, "bucket_name": "d", "id": "x", "score": 9 });
    let body = json!({ "answer": "a", "explanation": { "retrieved_memories": [old, new] } });
    for operation in ["query", "query_stream"] {
        let memories = decoded(operation, &body).await["explanation"]["retrieved_memories"].clone();
        let names = |memory: &Value| {
            (memory["memory_id"].clone(), memory["weighted_score"].clone(), memory["bucket_name"].clone())
        };
        assert_eq!(names(&memories[0]), (json!("m"), json!(0.5), json!("b")));
        assert_eq!(names(&memories[1]), (json!("n"), json!(0.25), json!("d")), "a new name is not overwritten");
    }
}

#[tokio::test]
async fn unknown_values_of_known_fields_are_kept() {
    let server = Server::start([
        Answer::json(200, &json!({ "id": "m", "status": "archived", "merge_reason": "vibes" })),
        Answer::json(200, &json!({ "id": "m", "status": "merged", "merge_reason": "content_hash" })),
        Answer::json(200, &json!({ "profile": null, "status": "stale" })),
    ])
    .await;
    let engram = server.client();
    let unknown = engram.store_memory("x").await.unwrap();
    assert_eq!(unknown.status, Some(StoreStatus::Unknown("archived".to_owned())));
    assert_eq!(unknown.merge_reason, Some(MergeReason::Unknown("vibes".to_owned())));
    let known = engram.store_memory("x").await.unwrap();
    assert_eq!((known.status, known.merge_reason), (Some(StoreStatus::Merged), Some(MergeReason::ContentHash)));
    let profile = engram.get_profile().await.unwrap();
    assert_eq!(profile.status, Some(ProfileStatus::Unknown("stale".to_owned())));
    assert_eq!(profile.status.unwrap().as_str(), "stale");
}

#[tokio::test]
async fn every_known_value_has_its_name() {
    for (field, values) in [
        ("status", &["stored", "merged"][..]),
        ("merge_reason", &["content_hash", "embedding_similarity", "conflict_keep_existing", "concurrent_insert_race"]),
    ] {
        for value in values {
            let stored: lumetra_engram::StoreMemoryResult =
                serde_json::from_value(json!({ "id": "m", field: value })).unwrap();
            assert!(!format!("{stored:?}").contains("Unknown"), "{stored:?}");
        }
    }
    for value in ["ready", "pending", "not_installed"] {
        assert!(!matches!(ProfileStatus::from(value), ProfileStatus::Unknown(_)), "{value}");
    }
}

#[tokio::test]
async fn a_profile_is_a_text_an_object_or_nothing() {
    for operation in ["get_profile", "regenerate_profile"] {
        for profile in [json!("likes blue"), json!({ "events": [1] }), json!("{\"a\": 1}")] {
            assert_eq!(decoded(operation, &json!({ "profile": profile })).await["profile"], profile);
        }
        for body in [json!({ "profile": null }), json!({}), json!({ "profile": null, "status": "not_installed" })] {
            assert_eq!(decoded(operation, &body).await.get("profile"), None, "{body}");
        }
    }
}

#[tokio::test]
async fn answers_in_json_are_any_json() {
    for value in [json!({ "colours": [] }), json!([1]), json!("text"), json!(0), json!(false)] {
        let body = json!({ "answer": "a", "answer_json": value });
        assert_eq!(decoded("query", &body).await["answer_json"], value);
    }
    for body in [json!({ "answer": "a", "answer_json": null }), json!({ "answer": "a" })] {
        assert_eq!(decoded("query", &body).await.get("answer_json"), None);
    }
}

#[tokio::test]
async fn old_graph_facts_have_neither_memory_nor_time() {
    let fact = json!({ "subject": "s", "predicate": "p", "object": "o", "timestamp": null });
    let body = json!({ "answer": "", "explanation": { "graph_facts": [fact] } });
    let decoded = decoded("query", &body).await;
    assert_eq!(decoded["explanation"]["graph_facts"], json!([{ "subject": "s", "predicate": "p", "object": "o" }]));
}

#[tokio::test]
async fn deletes_need_no_answer() {
    let half = "HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{\"ok\":";
    let forms = || {
        [
            Answer::empty(204),
            Answer::empty(200),
            Answer::json(200, &json!({ "ok": true })),
            Answer::json(202, &json!({ "success": true, "deleted": 1 })),
            Answer::json(200, &Value::Null),
            Answer::text(200, "text/html", "<html>"),
            Answer::text(200, "application/json", "{"),
            Answer::raw(half).close(),
            Answer::raw(half).reset(),
        ]
    };
    for operation in ["delete_memory", "delete_bucket"] {
        for answer in forms() {
            outcome(operation, answer).await.unwrap_or_else(|error| panic!("{operation}: {error}"));
        }
    }
}

#[tokio::test]
async fn clearing_needs_no_answer_either() {
    for answer in [Answer::empty(204), Answer::empty(200), Answer::json(200, &json!({ "ok": true }))] {
        let cleared = outcome("clear_memories", answer).await.unwrap();
        assert_eq!((cleared.get("success"), cleared.get("cleared_count")), (None, None), "nothing is invented");
    }
    decode_error("clear_memories", Answer::text(200, "text/html", "<html>")).await;
}

const ALL_WITH_ANSWERS: [&str; 8] = [
    "store_memory",
    "store_memories",
    "list_memories",
    "query",
    "list_buckets",
    "create_bucket",
    "get_profile",
    "regenerate_profile",
];

#[tokio::test]
async fn an_answer_that_is_needed_and_not_there_is_an_error() {
    for operation in ALL_WITH_ANSWERS {
        for answer in [Answer::empty(204), Answer::empty(200), Answer::text(200, "application/json", " ")] {
            let error = decode_error(operation, answer).await;
            assert!(error.to_string().contains("empty"), "{error}");
        }
    }
    assert_eq!(decode_error("query", Answer::empty(204)).await.status().map(u16::from), Some(204));
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_an_error_that_names_its_type() {
    for operation in ALL_WITH_ANSWERS {
        let error = decode_error(operation, Answer::text(200, "text/html", "<html>log in</html>")).await;
        assert!(error.to_string().contains("text/html"), "{error}");
        decode_error(operation, Answer::text(200, "application/json", "<html>")).await;
        decode_error(operation, Answer::text(200, "application/json", b"{\"answer\": \"\xff\"}")).await;
        decode_error(operation, Answer::json(200, &json!("text"))).await;
        decode_error(operation, Answer::json(200, &json!(5))).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_short_is_an_error() {
    for (operation, body) in full_answers().into_iter().filter(|(operation, _)| ALL_WITH_ANSWERS.contains(operation)) {
        let text = body.to_string();
        let error = decode_error(operation, Answer::text(200, "application/json", &text[..text.len() / 2])).await;
        assert!(error.to_string().contains("cut short"), "{error}");
        let more = decode_error(operation, Answer::text(200, "application/json", text.clone() + "}")).await;
        assert_eq!(more.status().map(u16::from), Some(200));
        let head = format!("HTTP/1.1 201 X\r\ncontent-length: {}\r\n\r\n", text.len() + 10);
        for broken in [Answer::raw(head.clone() + &text).close(), Answer::raw(head).reset()] {
            let error = decode_error(operation, broken).await;
            assert_eq!(error.status().map(u16::from), Some(201));
            assert!(!error.is_connect());
        }
    }
}

#[tokio::test]
async fn an_error_says_where_in_the_answer_it_is() {
    for (operation, body, place) in [
        ("store_memory", json!({ "id": true }), "id"),
        ("store_memory", json!({ "id": "m", "token_count": "six" }), "token_count"),
        ("store_memories", json!({ "memories": [{ "id": "a" }, { "id": ["b"] }] }), "memories[1].id"),
        ("store_memories", json!([{ "id": "a" }, { "id": "b", "token_count": {} }]), "[1].token_count"),
        ("list_memories", json!({ "memories": [{ "id": "m", "content": 5 }] }), "memories[0].content"),
        ("list_memories", json!({ "memories": 5 }), "memories"),
        ("list_memories", json!({ "data": [{ "id": "m", "content": 5 }] }), "data[0].content"),
        ("list_memories", json!({ "items": "none" }), "items"),
        // Results are in the order of the facts, so that none can be left out.
        ("store_memories", json!([{ "id": "a" }, null]), "[1]"),
        ("store_memories", json!({ "memories": [{ "id": "a" }, {}] }), "memories[1]: missing field `id`"),
        ("query", json!({ "answer": "a", "explanation": { "graph_facts": [null] } }), "explanation.graph_facts[0]"),
        ("query", json!({ "answer": { "text": "a" } }), "answer"),
        (
            "query",
            json!({ "answer": "a", "explanation": { "retrieved_memories": [{ "content": "c", "weight": "w" }] } }),
            "explanation.retrieved_memories[0].weight",
        ),
        ("query", json!({ "answer": "a", "explanation": { "graph_facts": ["s p o"] } }), "explanation.graph_facts[0]"),
        ("query", json!({ "answer": "a", "usage": { "input_tokens": "one" } }), "usage.input_tokens"),
        ("list_buckets", json!({ "buckets": [{ "name": ["b"] }] }), "buckets[0].name"),
        ("create_bucket", json!({ "name": "b", "memory_count": "one" }), "memory_count"),
        ("get_profile", json!({ "status": 5 }), "status"),
    ] {
        let error = decode_error(operation, Answer::json(200, &body)).await;
        assert!(error.to_string().contains(place), "`{place}` is to be named in: {error}");
    }
}

#[tokio::test]
async fn an_answer_without_what_no_caller_can_do_without_is_an_error() {
    for (operation, body) in [
        ("store_memory", json!({})),
        ("store_memory", json!({ "id": null, "memory_id": null })),
        ("store_memory", json!({ "id": "" })),
        ("store_memory", json!({ "error": "quota exceeded" })),
        ("store_memories", json!({ "ok": true })),
        ("store_memories", json!([{ "id": "a" }, {}])),
        ("list_memories", json!({ "error": "quota exceeded" })),
        ("list_memories", json!([{ "content": "c" }])),
        ("list_memories", json!([{ "id": "m" }])),
        ("list_memories", json!([{ "id": "", "memory_id": "", "content": "c" }])),
        ("query", json!({ "success": false })),
        ("query", json!({ "error": "quota exceeded" })),
        ("list_buckets", json!({ "ok": true })),
        ("list_buckets", json!([{ "id": "i" }])),
        ("create_bucket", json!({ "ok": true })),
    ] {
        decode_error(operation, Answer::json(200, &body)).await;
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_an_error_that_names_it() {
    let body = json!({ "answer": "a".repeat(2_000) });
    for answer in
        [Answer::json(200, &body), Answer::chunked("application/json", body.to_string().as_bytes().chunks(100))]
    {
        let server = Server::start([answer]).await;
        let engram = server.builder().max_response_bytes(1_000).build().unwrap();
        let error = engram.query("q").await.unwrap_err();
        assert!(matches!(error, EngramError::Decode(_)) && error.status().map(u16::from) == Some(200), "{error:?}");
        assert!(
            error.to_string().contains("1000 bytes") && error.to_string().contains("max_response_bytes"),
            "{error}"
        );
    }
    let server = Server::start([Answer::json(200, &body)]).await;
    let exact = server.builder().max_response_bytes(body.to_string().len()).build().unwrap();
    exact.query("q").await.unwrap();
}

// The examples of the spec.

/// Every operation, by its id.
fn operations(spec: &Value) -> impl Iterator<Item = (&str, &Value)> {
    openapi::operations(spec).map(|operation| (operation.id().unwrap(), operation.value))
}

/// A route may take one fact or many; the answer's form tells which.
fn called<'a>(operation: &'a str, example: &Value) -> &'a str {
    let many = example.is_array() || example.get("memories").is_some();
    if operation == "store_memory" && many { "store_memories" } else { operation }
}

/// Asserts that all of the example is in what it was decoded to; `null` may be absent.
fn assert_holds(decoded: &Value, example: &Value, place: &str) {
    match example {
        Value::Null => assert!(decoded.is_null(), "{place}"),
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| assert_holds(&decoded[name], member, &format!("{place}.{name}")));
        }
        Value::Array(elements) => {
            assert_eq!(decoded.as_array().map(Vec::len), Some(elements.len()), "{place}");
            let pairs = elements.iter().enumerate();
            pairs.for_each(|(index, element)| assert_holds(&decoded[index], element, &format!("{place}[{index}]")));
        }
        Value::Number(number) => assert_eq!(decoded.as_f64(), number.as_f64(), "{place}"),
        scalar => assert_eq!(decoded, scalar, "{place}"),
    }
}

#[tokio::test]
async fn every_example_of_an_answer_decodes_whole() {
    let spec = document();
    let mut count = 0;
    for (operation, written) in operations(&spec) {
        for (status, response) in written["responses"].as_object().unwrap() {
            let response = openapi::resolve(&spec, response).unwrap();
            for example in examples(&response["content"]["application/json"]) {
                let place = format!("{operation} {status}");
                // 5XX stands for all of them.
                let number: u16 = status.replace("XX", "03").parse().unwrap();
                let answer = Answer::json(number, example);
                count += 1;
                if number >= 300 {
                    let error = outcome(operation, answer).await.unwrap_err();
                    let said = example["error"].as_str().unwrap();
                    assert_eq!(error.to_string(), format!("Engram API {number}: {said}"), "{place}");
                    assert_eq!(error.code(), example["code"].as_str(), "{place}");
                    continue;
                }
                let operation = called(operation, example);
                let outcome = outcome_of(operation, results_in(example), answer).await;
                let decoded = outcome.unwrap_or_else(|error| panic!("{place}: {error}"));
                let list = ["memories", "buckets"].iter().find_map(|name| example.get(name));
                match operation {
                    "delete_memory" | "delete_bucket" => {}
                    "store_memories" | "list_buckets" => assert_holds(&decoded, list.unwrap_or(example), &place),
                    "list_memories" if example.is_array() => assert_holds(&decoded["memories"], example, &place),
                    _ => assert_holds(&decoded, example, &place),
                }
            }
        }
    }
    assert!(count > 80, "the spec has examples of every answer, not only {count}");
}

#[tokio::test]
async fn every_example_of_a_status_without_a_body_is_a_success() {
    let spec = document();
    let mut count = 0;
    for (operation, written) in operations(&spec) {
        for (status, response) in written["responses"].as_object().unwrap() {
            if status.starts_with('2') && response.get("content").is_none() {
                outcome(operation, Answer::empty(status.parse().unwrap())).await.unwrap();
                count += 1;
            }
        }
    }
    assert_eq!(count, 2, "of both deletes");
}

#[tokio::test]
async fn every_example_of_a_frame_is_an_event() {
    let spec = document();
    let content = &spec["paths"]["/v1/query"]["post"]["responses"]["200"]["content"]["text/event-stream"];
    let examples = examples(content);
    assert_eq!(examples.len(), 3);
    for example in examples {
        let answer = Answer::sse([example.to_string(), r#"{"answer":""}"#.to_owned()]);
        match outcome("query_stream", answer).await {
            Ok(decoded) if example.get("choices").is_some() => {
                assert_eq!(decoded["answer"], example["choices"][0]["delta"]["content"]);
            }
            Ok(decoded) => assert_holds(&decoded, example, "the final frame"),
            Err(error) => assert!(error.to_string().contains(example["error"].as_str().unwrap()), "{error}"),
        }
    }
}

#[tokio::test]
async fn the_stream_in_the_spec_is_a_whole_answer() {
    let spec = document();
    let text = spec["components"]["schemas"]["QueryStreamFrame"]["description"].as_str().unwrap();
    let stream: String = text.lines().filter_map(|line| line.strip_prefix("data: ")).map(block).collect();
    assert!(stream.contains("[DONE]"));
    let decoded = outcome("query_stream", Answer::text(200, "text/event-stream", stream)).await.unwrap();
    assert_eq!(decoded["answer"], "The user prefers dark mode.");
}

fn assert_round_trip<T: DeserializeOwned + Serialize>(example: &Value) {
    let decoded: T = serde_json::from_value(example.clone()).unwrap();
    assert_eq!(&serde_json::to_value(decoded).unwrap(), example);
}

#[test]
fn every_example_of_a_request_survives_the_generated_types() {
    let spec = document();
    let mut count = 0;
    for (operation, written) in operations(&spec) {
        for example in examples(&written["requestBody"]["content"]["application/json"]) {
            match called(operation, example) {
                "store_memory" => assert_round_trip::<api::types::StoreMemoryRequest>(example),
                "store_memories" => assert_round_trip::<api::types::StoreMemoriesRequest>(example),
                "query" => assert_round_trip::<api::types::QueryRequest>(example),
                "create_bucket" => assert_round_trip::<api::types::CreateBucketRequest>(example),
                other => panic!("{other} has a body that this test does not know"),
            }
            count += 1;
        }
    }
    assert!(count >= 6, "the spec has examples of every request, not only {count}");
}

#[tokio::test]
async fn an_answer_of_null_is_an_empty_one() {
    let body = json!({ "answer": null, "explanation": { "retrieved_memories": [] } });
    assert_eq!(decoded("query", &body).await["answer"], "");
    let error = decode_error("query", Answer::json(200, &json!({ "explanation": {} }))).await;
    assert!(error.to_string().contains("answer"), "{error}");
}

#[tokio::test]
async fn a_number_where_a_text_is_expected_is_its_text() {
    for (sent, text) in
        [(json!(7), "7"), (json!(-7), "-7"), (json!(1_764_000_000_u64), "1764000000"), (json!(0.5), "0.5")]
    {
        let memory = decoded("store_memory", &json!({ "id": sent })).await;
        assert_eq!(memory["id"], text);
        let page = json!({ "memories": [{ "id": sent, "content": "c", "created_at": sent }] });
        let memory = &decoded("list_memories", &page).await["memories"][0];
        assert_eq!((&memory["id"], &memory["created_at"]), (&json!(text), &json!(text)));
    }
    for wrong in [json!(true), json!([7]), json!({ "id": 7 })] {
        decode_error("store_memory", Answer::json(200, &json!({ "id": wrong }))).await;
    }
}

/// RFC 8259, section 8.1.
#[tokio::test]
async fn a_byte_order_mark_before_json_is_ignored() {
    for (operation, body) in full_answers() {
        let text = format!("\u{FEFF}{body}");
        let answer = Answer::text(200, "application/json", &text);
        let value = outcome_of(operation, results_in(&body), answer)
            .await
            .unwrap_or_else(|error| panic!("{operation}: {error}"));
        assert_eq!(value, decoded(operation, &body).await, "{operation}");
    }
    let streamed = Answer::text(200, "application/json", "\u{FEFF}{\"answer\":\"a\"}");
    assert_eq!(outcome("query_stream", streamed).await.unwrap()["answer"], "a");
    let frames = Answer::sse(["\u{FEFF}{\"answer\":\"a\"}".to_owned()]);
    assert_eq!(outcome("query_stream", frames).await.unwrap()["answer"], "a");
    let refused = Answer::text(412, "application/json", "\u{FEFF}{\"error\":\"no key\",\"code\":\"BYOK_REQUIRED\"}");
    assert!(outcome("query", refused).await.unwrap_err().is_byok_required());
}
