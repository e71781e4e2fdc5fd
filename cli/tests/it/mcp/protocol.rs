//! What is on the wire, line by line.

use std::collections::BTreeMap;
use std::time::Duration;

use lumetra_engram::EngramClient;
use lumetra_engram_local::LocalServer;
use serde_json::{Value, json};

use super::program::{LONG, Pipe, Program, start, text};

#[tokio::test]
async fn a_hundred_parallel_calls_each_get_their_own_answer() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    let engram = server.client().unwrap();
    engram
        .store_memories((0..100).map(|n| format!("The secret word of door{n} is word{n}.")))
        .bucket("doors")
        .await
        .unwrap();
    let mut pipe = Pipe::ready(program.command(&["mcp", "--bucket", "doors"])).await;
    for n in 0..100 {
        let question = format!("door{n}");
        pipe.call(n + 1, "recall_memories", json!({ "question": question, "limit": 1 })).await;
    }
    let mut answers = BTreeMap::new();
    for _ in 0..100 {
        let answer = pipe.receive().await;
        answers.insert(answer["id"].as_u64().unwrap(), answer);
    }
    assert_eq!(answers.len(), 100);
    for (id, answer) in answers {
        let (n, text) = (id - 1, text(&answer));
        assert!(text.contains(&format!("The secret word of door{n} is word{n}.")), "{id}: {text}");
    }
    assert_eq!(pipe.close().await, (true, Vec::new()));
}

#[tokio::test]
async fn whatever_a_client_sends_standard_output_holds_messages_only() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    let mut command = program.command(&["mcp"]);
    // All that can be logged.
    command.env("RUST_LOG", "trace");
    let mut pipe = Pipe::ready(command).await;
    pipe.request(1, "tools/list", json!({})).await;
    let listed = pipe.receive().await;
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 6, "{listed}");

    pipe.call(2, "store_memory", json!({ "content": "x", "colour": "red" })).await;
    let refused = pipe.receive().await;
    assert!(refused["result"]["isError"] == true && text(&refused).contains("unknown field `colour`"), "{refused}");
    pipe.call(3, "clear_memories", json!({ "bucket": "a", "confirm": "a" })).await;
    let refused = pipe.receive().await;
    assert!(refused["result"]["isError"] == true && text(&refused).contains("no tool \"clear_memories\""), "{refused}");
    pipe.request(4, "no/such/method", json!({})).await;
    assert_eq!(pipe.receive().await["error"]["code"], -32601);
    server.fail_next([lumetra_engram_local::Fault::Status(500)]);
    pipe.call(5, "list_buckets", json!({})).await;
    let failed = pipe.receive().await;
    assert!(failed["result"]["isError"] == true && text(&failed).contains("500"), "{failed}");
    assert_eq!(pipe.close().await, (true, Vec::new()));
}

#[tokio::test]
async fn read_only_hides_and_refuses_what_changes_something() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    let mut pipe = Pipe::ready(program.command(&["mcp", "--read-only"])).await;
    pipe.request(1, "tools/list", json!({})).await;
    let listed = pipe.receive().await;
    let names: Vec<_> =
        listed["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["query_memory", "recall_memories", "list_memories", "list_buckets"]);
    pipe.call(2, "store_memory", json!({ "content": "Ada drinks tea." })).await;
    let refused = pipe.receive().await;
    assert!(refused["result"]["isError"] == true && text(&refused).contains("read-only"), "{refused}");
    assert!(server.client().unwrap().list_buckets().await.unwrap().is_empty());
    pipe.request(3, "prompts/get", json!({ "name": "remember", "arguments": { "fact": "x" } })).await;
    assert!(pipe.receive().await["error"]["message"].as_str().unwrap().contains("recall"));
}

/// Whether the server's only place is taken.
async fn is_busy(engram: &EngramClient) -> bool {
    let looked = engram.list_buckets().max_retries_on_429(0).await;
    looked.is_err_and(|error| error.is_rate_limited())
}

async fn until_busy(engram: &EngramClient, busy: bool) {
    let waiting = async {
        while is_busy(engram).await != busy {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.expect("the server's place changes hands");
}

/// A server with one place, whose answers take longer than any test.
async fn slow() -> LocalServer {
    start(LocalServer::builder().max_concurrent_requests(1).synthesis_latency(10 * LONG)).await
}

#[tokio::test]
async fn a_cancelled_call_ends_its_request_and_frees_its_place() {
    let server = slow().await;
    let (program, engram) = (Program::of(&server), server.client().unwrap());
    engram.store_memory("Ada drinks tea.").await.unwrap();
    let mut pipe = Pipe::ready(program.command(&["mcp", "--bucket", "default"])).await;
    for (id, meta) in [(1, json!({})), (2, json!({ "progressToken": "p" }))] {
        let arguments = json!({ "question": "Who drinks tea?" });
        pipe.request(id, "tools/call", json!({ "name": "query_memory", "arguments": arguments, "_meta": meta })).await;
        until_busy(&engram, true).await;
        let cancel = json!({ "requestId": id, "reason": "no longer wanted" });
        pipe.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel })).await;
        until_busy(&engram, false).await;
    }
    // The next answer is that of the next call: a cancelled one gets none.
    pipe.call(3, "list_memories", json!({})).await;
    assert_eq!(pipe.receive().await["id"], 3);
}

#[tokio::test]
async fn a_client_that_dies_in_the_middle_of_a_call_leaves_no_process() {
    let server = slow().await;
    let (program, engram) = (Program::of(&server), server.client().unwrap());
    engram.store_memory("Ada drinks tea.").await.unwrap();
    let mut pipe = Pipe::ready(program.command(&["mcp", "--bucket", "default"])).await;
    pipe.call(1, "query_memory", json!({ "question": "Who drinks tea?" })).await;
    until_busy(&engram, true).await;
    assert_eq!(pipe.close().await, (true, Vec::new()));
    until_busy(&engram, false).await;
}

#[tokio::test]
async fn an_answer_is_told_while_it_is_written_where_the_client_asks() {
    let server = start(LocalServer::builder().delta_latency(Duration::from_millis(20))).await;
    let (program, engram) = (Program::of(&server), server.client().unwrap());
    engram.store_memory("Ada drinks tea with a little milk, and never any sugar.").bucket("notes").await.unwrap();
    let mut pipe = Pipe::ready(program.command(&["mcp", "--bucket", "notes"])).await;
    let question = json!({ "name": "query_memory", "arguments": { "question": "What does Ada drink?" } });
    let mut with_token = question.clone();
    with_token["_meta"] = json!({ "progressToken": 7 });
    pipe.request(1, "tools/call", with_token).await;

    let (mut told, mut last, mut count) = (String::new(), 0.0, 0);
    let answer = loop {
        let message = pipe.receive().await;
        if message["id"] == 1 {
            break message;
        }
        assert_eq!(
            (&message["method"], &message["params"]["progressToken"]),
            (&json!("notifications/progress"), &json!(7))
        );
        let progress = message["params"]["progress"].as_f64().unwrap();
        assert!(progress > last, "{message}");
        last = progress;
        told += message["params"]["message"].as_str().unwrap();
        count += 1;
    };
    assert!(count > 1, "{told}");
    assert_eq!(answer["result"]["structuredContent"]["answer"], json!(told));

    // Who does not ask is not told.
    pipe.request(2, "tools/call", question).await;
    let answer: Value = pipe.receive().await;
    assert!(answer["id"] == 2 && text(&answer).contains("tea"), "{answer}");
}
