//! What an answer holds that says of itself that all is well.

use super::common::*;

const EMPTY: &str = "its body is empty or cut short";
const HTML: &str = "its body is not JSON but text/html";
const ANOTHER_NUMBER: &str = "the number of results differs from the number of facts that were sent";
const NESTED: usize = 100_000;
const UNCHANGED: &str = "it hands out values as they come";

pub(super) fn cases() -> Vec<Case> {
    let page = Answer::text(200, "text/html", "<html><body>Please log in</body></html>");
    let one = returns(json!({ "memories": [{ "id": "m1", "content": "c" }] }));
    vec![
        store("is empty", Answer::empty(200), decode(EMPTY)),
        store("is 204", Answer::empty(204), decode(EMPTY).status(204)),
        case("is empty, and nothing is needed of it", DeleteMemory("m1"), Answer::empty(200), nothing()),
        case("is 204, and nothing is needed of it", DeleteBucket("b1"), Answer::empty(204), nothing()),
        // How many were deleted is not known then, and 0 would be made up.
        case(
            "is empty where a count is expected",
            ClearMemories("b1"),
            Answer::empty(200),
            returns(json!({ "cleared_count": null })),
        ),
        case("is 204 where a list is expected", ListBuckets, Answer::empty(204), decode(EMPTY).status(204)),
        case("is 204 where a profile is expected", GetProfile, Answer::empty(204), decode(EMPTY).status(204)),
        case(
            "is 201",
            CreateBucket,
            Answer::json(201, &json!({ "id": "i", "name": "b1" })),
            returns(json!({ "name": "b1" })),
        ),
        store("is the login page of a gateway, for a store", page.clone(), decode(HTML)),
        case("is the login page of a gateway, for a list", ListMemories, page.clone(), decode(HTML)),
        case("is the login page of a gateway, for a query", Query, page, decode(HTML)),
        store("is JSON that calls itself text/plain", Answer::text(200, "text/plain", r#"{"id":"m1"}"#), stored()),
        store(
            "is JSON that calls itself nothing",
            Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"id\":\"m1\"}"),
            stored(),
        ),
        store("is no UTF-8", ok(b"{\"id\":\"m\xff\"}"), decode(ACCEPTED)),
        store("holds half a surrogate pair", ok(r#"{"id":"m\ud800"}"#), decode(ACCEPTED)),
        store("is JSON that stops in the middle", ok(r#"{"id":"m1""#), decode(EMPTY)),
        store("is JSON with something after it", ok(r#"{"id":"m1"}{"id":"m2"}"#), decode(ACCEPTED)),
        store("is `null`", ok("null"), decode(ACCEPTED)),
        store("is a text", ok("\"stored\""), decode(ACCEPTED)),
        store("has no id", ok(r#"{"status":"stored"}"#), decode(ACCEPTED)),
        store("has an id that is a list", ok(r#"{"id":["m1"]}"#), decode("id")),
        store("has only the newer name of the id", ok(r#"{"memory_id":"m1"}"#), stored()),
        store(
            "has a status that nobody knows",
            ok(r#"{"id":"m1","status":"archived"}"#),
            returns(json!({ "id": "m1", "status": "archived" })),
        ),
        store("says 200 and reports an error", ok(r#"{"error":"quota exceeded"}"#), decode(ACCEPTED)),
        case(
            "is a bare list of results",
            StoreMemories,
            ok(r#"[{"id":"m1"},{"id":"m2"}]"#),
            returns(json!([{ "id": "m1" }, { "id": "m2" }])),
        ),
        case(
            "has one result for two facts",
            StoreMemories,
            ok(r#"{"memories":[{"id":"m1"}]}"#),
            decode(ANOTHER_NUMBER),
        ),
        case("has `null` for the results", StoreMemories, ok(r#"{"memories":null}"#), decode(ANOTHER_NUMBER)),
        // Of a query that only retrieves.
        query(
            "has `null` for the answer",
            r#"{"answer":null,"explanation":{"retrieved_memories":[{"memory_id":"m1","content":"c"}]}}"#,
            returns(json!({ "explanation": { "retrieved_memories": [{ "memory_id": "m1" }] } })),
        ),
        store("has an id that is a number", ok(r#"{"id":7}"#), returns(json!({ "id": "7" }))).only_ours(UNCHANGED),
        list(
            "has a time that is a number",
            r#"{"memories":[{"id":7,"content":"c","created_at":1764000000}]}"#,
            returns(json!({ "memories": [{ "id": "7", "created_at": "1764000000" }] })),
        )
        .only_ours(UNCHANGED),
        store("begins with a byte order mark, of a store", ok("\u{FEFF}{\"id\":\"m1\"}"), stored()),
        query(
            "begins with a byte order mark, of a query",
            "\u{FEFF}{\"answer\":\"a\"}",
            returns(json!({ "answer": "a" })),
        ),
        list(
            "begins with a byte order mark, of a list",
            "\u{FEFF}{\"memories\":[{\"id\":\"m1\",\"content\":\"c\"}]}",
            one.clone(),
        ),
        case(
            "begins with a byte order mark, where a stream was asked for",
            QueryStream,
            ok("\u{FEFF}{\"answer\":\"a\"}"),
            streams(&[], "a"),
        ),
        query("is a list in place of an object", "[]", decode(ACCEPTED)),
        query("has no answer", r#"{"success":true,"memories_found":0}"#, decode(ACCEPTED)),
        query("reports an error in place of an answer", r#"{"error":"boom"}"#, decode(ACCEPTED)),
        query(
            "has a number where a text belongs, deep inside",
            r#"{"answer":"a","explanation":{"retrieved_memories":[{"memory_id":"m","content":5}]}}"#,
            decode("explanation.retrieved_memories[0].content"),
        ),
        query(
            "has `null` for all that is optional",
            r#"{"answer":"a","explanation":null,"usage":null,"answer_json":null,"memories_found":null}"#,
            returns(json!({ "answer": "a" })),
        ),
        query("is nested 100,000 deep", &format!("{{\"answer\":{}", "[".repeat(NESTED)), decode(ACCEPTED)),
        query(
            "holds an unknown field nested 100,000 deep",
            &format!("{{\"answer\":\"a\",\"x\":{}{}}}", "[".repeat(NESTED), "]".repeat(NESTED)),
            decode(ACCEPTED),
        ),
        list("is a bare list", r#"[{"id":"m1","content":"c"}]"#, one.clone()),
        list("calls the list `data`", r#"{"data":[{"id":"m1","content":"c"}]}"#, one.clone()),
        list(
            "has the list under two names",
            r#"{"memories":[{"id":"m1","content":"c"}],"data":[{"id":"m1","content":"c"}]}"#,
            one,
        ),
        list("has `null` for the list", r#"{"memories":null,"total":0}"#, returns(json!({ "total": 0 }))),
        list("has no list, and reports an error", r#"{"error":"boom"}"#, decode(ACCEPTED)),
        case("has no list of buckets, and reports an error", ListBuckets, ok(r#"{"error":"boom"}"#), decode(ACCEPTED)),
        case(
            "has a profile that is an object",
            GetProfile,
            ok(r#"{"profile":{"likes":["tea"]},"status":"dreaming"}"#),
            returns(json!({ "profile": { "likes": ["tea"] }, "status": "dreaming" })),
        ),
    ]
}
