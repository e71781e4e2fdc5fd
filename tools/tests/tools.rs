//! The tools, over a local server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use lumetra_engram::EngramClient;
use lumetra_engram_local::{Fault, LocalServer, LocalServerBuilder};
use lumetra_engram_tools::{MemoryTools, ToolError};
use serde_json::{Value, json};

async fn start(server: LocalServerBuilder) -> (LocalServer, MemoryTools) {
    let server = server.in_memory().start().await.unwrap();
    let tools = MemoryTools::new(server.client().unwrap()).bucket("people");
    (server, tools)
}

async fn run(tools: &MemoryTools, name: &str, arguments: Value) -> (String, Value) {
    let reply = tools.call(name, arguments).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    (reply.text, Value::Object(reply.structured))
}

async fn problem(tools: &MemoryTools, name: &str, arguments: Value) -> String {
    tools.call(name, arguments).await.expect_err(name).to_string()
}

#[tokio::test]
async fn every_tool_does_what_it_says_and_names_its_bucket() {
    let (_server, tools) = start(LocalServer::builder()).await;
    let tools = tools.allow_clear(true);

    let (text, stored) = run(&tools, "store_memory", json!({ "content": "Ada drinks tea." })).await;
    let id = stored["memory_id"].as_str().unwrap();
    assert_eq!(text, format!("Stored in bucket \"people\" as memory {id}."));
    let (text, again) = run(&tools, "store_memory", json!({ "content": "Ada drinks tea." })).await;
    assert_eq!(text, format!("Bucket \"people\" knew this already: it is part of memory {id}."));
    assert_eq!(again, json!({ "bucket": "people", "memory_id": id, "is_merged": true }));
    run(&tools, "store_memory", json!({ "content": "Bob drinks coffee.", "bucket": "others" })).await;

    let (text, recalled) = run(&tools, "recall_memories", json!({ "question": "Who drinks tea?" })).await;
    assert_eq!(text, format!("From bucket \"people\", the best first:\n- [{id}] Ada drinks tea.\n"));
    assert_eq!(
        recalled,
        json!({ "bucket": "people", "memories": [{ "memory_id": id, "content": "Ada drinks tea." }], "more": 0 })
    );
    let (text, _) = run(&tools, "recall_memories", json!({ "question": "Whose zebra?", "limit": 1 })).await;
    assert_eq!(text, "Bucket \"people\" has nothing about this.\n");

    let (text, answered) = run(&tools, "query_memory", json!({ "question": "Who drinks tea?" })).await;
    assert!(answered["answer"].as_str().unwrap().contains("Ada drinks tea."), "{answered}");
    assert!(text.contains(&format!("From bucket \"people\":\n- [{id}] Ada drinks tea.\n")), "{text}");
    let (text, _) = run(&tools, "query_memory", json!({ "question": "Who drinks coffee?", "bucket": "others" })).await;
    assert!(text.contains("Bob drinks coffee.") && text.contains("From bucket \"others\""), "{text}");

    let (text, _) = run(&tools, "list_memories", json!({})).await;
    assert_eq!(text, format!("Bucket \"people\", 1 to 1 of 1, the newest first:\n- [{id}] Ada drinks tea.\n"));
    let (text, listed) = run(&tools, "list_buckets", Value::Null).await;
    assert!(text.contains("- people: 1 facts\n") && text.contains("- others: 1 facts\n"), "{text}");
    assert!(text.ends_with("Calls without a bucket use \"people\".\n"), "{text}");
    assert_eq!(listed["buckets"].as_array().unwrap().len(), 2);

    let (text, _) = run(&tools, "delete_memory", json!({ "memory_id": id })).await;
    assert_eq!(text, format!("Deleted memory {id} from bucket \"people\"."));
    let (text, _) = run(&tools, "list_memories", json!({})).await;
    assert_eq!(text, "Bucket \"people\" is empty.\n");
    let (text, _) = run(&tools, "clear_memories", json!({ "bucket": "others", "confirm": "others" })).await;
    assert_eq!(text, "1 memories were deleted from bucket \"others\".");
}

#[tokio::test]
async fn definitions_come_in_the_forms_of_chat_apis_and_hold_nothing_that_endpoints_refuse() {
    let (_server, tools) = start(LocalServer::builder()).await;
    let definitions = tools.allow_clear(true).definitions();
    let names: Vec<_> = definitions.iter().map(|tool| tool.name).collect();
    let lumetras = ["store_memory", "query_memory", "list_memories", "list_buckets", "delete_memory", "clear_memories"];
    assert!(lumetras.iter().all(|name| names.contains(name)) && names.contains(&"recall_memories"), "{names:?}");
    for tool in &definitions {
        let openai = tool.openai();
        assert_eq!((&openai["type"], &openai["function"]["name"]), (&json!("function"), &json!(tool.name)));
        assert_eq!(openai["function"]["parameters"], tool.anthropic()["input_schema"]);
        let (parameters, output) = (json!(tool.parameters), json!(tool.output));
        assert_eq!((&parameters["type"], &output["type"]), (&json!("object"), &json!("object")));
        assert_eq!(parameters["additionalProperties"], json!(false), "{parameters}");
        for schema in [&parameters, &output] {
            let text = schema.to_string();
            let refused = ["$ref", "$schema", "null", "format", "title"]
                .iter()
                .find(|word| text.contains(&format!("\"{word}\"")));
            assert_eq!(refused, None, "{text}");
        }
        assert!(tool.description.len() > 30 && !tool.title.is_empty());
        for (name, property) in parameters["properties"].as_object().into_iter().flatten() {
            assert!(
                property["description"].as_str().is_some_and(|text| text.ends_with(['.', '"', '?'])),
                "{name}: {property}"
            );
        }
        assert!(!(tool.is_read_only && tool.is_destructive));
    }
    let required = |name: &str| &definitions.iter().find(|tool| tool.name == name).unwrap().parameters["required"];
    assert_eq!(required("store_memory"), &json!(["content"]));
    assert_eq!(required("clear_memories"), &json!(["bucket", "confirm"]));
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_refused_with_the_schema_that_they_must_match() {
    let (_server, tools) = start(LocalServer::builder()).await;
    for arguments in
        [json!({ "query": "x" }), json!({ "question": "x", "project": "y" }), json!([]), json!({ "question": 7 })]
    {
        let text = problem(&tools, "recall_memories", arguments).await;
        assert!(text.starts_with("These arguments can't be used: ") && text.contains(r#""question":{"#), "{text}");
    }
    let text = tools.call("recall_memories", "{not json").await.unwrap_err().to_string();
    assert!(text.contains("must be JSON that matches this schema"), "{text}");
    assert!(problem(&tools, "recall_memories", json!({ "question": "x", "limit": 0 })).await.contains("nonzero"));
    // Some models send nothing where nothing is required, and null for what they leave out.
    tools.call("list_buckets", "").await.unwrap();
    assert!(problem(&tools, "list_memories", json!({})).await.contains("storing a fact creates a bucket"));
    tools.call("store_memory", json!({ "content": "x" })).await.unwrap();
    tools.call("list_memories", json!({ "bucket": null, "limit": null })).await.unwrap();
    let text = problem(&tools, "forget", json!({})).await;
    assert!(text.starts_with("There is no tool \"forget\", and nothing was done. There are: store_memory,"), "{text}");
}

#[tokio::test]
async fn what_is_not_offered_is_refused_too() {
    let (_server, tools) = start(LocalServer::builder()).await;
    run(&tools, "store_memory", json!({ "content": "Ada drinks tea." })).await;
    let (_, listed) = run(&tools, "list_memories", json!({})).await;
    let id = &listed["memories"][0]["memory_id"];

    let reader = tools.clone().read_only(true).allow_clear(true);
    let names: Vec<_> = reader.definitions().iter().map(|tool| (tool.name, tool.is_read_only)).collect();
    assert_eq!(names, ["query_memory", "recall_memories", "list_memories", "list_buckets"].map(|name| (name, true)));
    for (name, arguments) in [
        ("store_memory", json!({ "content": "x" })),
        ("delete_memory", json!({ "memory_id": id })),
        ("clear_memories", json!({ "bucket": "people", "confirm": "people" })),
    ] {
        let text = problem(&reader, name, arguments).await;
        assert!(text.starts_with("This memory is read-only, so there is no tool"), "{text}");
    }

    assert!(tools.definitions().iter().all(|tool| tool.name != "clear_memories"));
    let confirmed = json!({ "bucket": "people", "confirm": "people" });
    assert!(problem(&tools, "clear_memories", confirmed).await.starts_with("Here is no tool"));
    let mistaken = json!({ "bucket": "people", "confirm": "yes" });
    assert!(
        problem(&tools.clone().allow_clear(true), "clear_memories", mistaken).await.starts_with("Nothing was deleted")
    );
    assert_eq!(run(&tools, "list_memories", json!({})).await.1["total"], 1);
}

#[tokio::test]
async fn a_model_that_is_kept_to_one_bucket_sees_and_changes_no_other() {
    let (_server, tools) = start(LocalServer::builder()).await;
    run(&tools, "store_memory", json!({ "content": "Ada drinks tea.", "bucket": "ada" })).await;
    let tools = tools.only_this_bucket(true);
    for tool in tools.definitions() {
        assert!(!json!(tool.parameters).to_string().contains("\"bucket\":"), "{:?}", tool.parameters);
    }
    assert!(problem(&tools, "list_buckets", json!({})).await.starts_with("Here is no tool"));
    for (name, arguments) in [
        ("store_memory", json!({ "content": "x", "bucket": "ada" })),
        ("query_memory", json!({ "question": "tea?", "bucket": "ada" })),
        ("recall_memories", json!({ "question": "tea?", "bucket": "ada" })),
        ("list_memories", json!({ "bucket": "ada" })),
        ("delete_memory", json!({ "memory_id": "m", "bucket": "ada" })),
    ] {
        let text = problem(&tools, name, arguments).await;
        assert!(text.starts_with("Only the bucket \"people\" can be used"), "{name}: {text}");
    }
    run(&tools, "store_memory", json!({ "content": "x", "bucket": "people" })).await;
}

#[tokio::test]
async fn replies_keep_to_their_budget_and_say_what_is_left_out() {
    let (_server, tools) = start(LocalServer::builder()).await;
    for number in 0..30 {
        let content = format!("Fact {number} of tea says {}", "again and ".repeat(8));
        run(&tools, "store_memory", json!({ "content": content })).await;
    }
    let tools = tools.max_reply_tokens(100);
    let (text, listed) = run(&tools, "list_memories", json!({ "limit": 25 })).await;
    let shown = listed["memories"].as_array().unwrap().len();
    assert!((1..25).contains(&shown) && text.len() < 700, "{text}");
    assert!(text.ends_with(&format!("{} more: call list_memories with offset {shown}.\n", 30 - shown)), "{text}");
    let (next, _) = run(&tools, "list_memories", json!({ "offset": shown })).await;
    assert!(next.contains(&format!("{} to", shown + 1)), "{next}");
    let (text, recalled) = run(&tools, "recall_memories", json!({ "question": "tea", "limit": 20 })).await;
    assert!(recalled["more"].as_u64().is_some_and(|more| more > 0) && text.contains("more were found"), "{text}");

    run(&tools, "store_memory", json!({ "content": format!("A long one: {}", "日本".repeat(500)), "bucket": "long" }))
        .await;
    let (text, listed) = run(&tools, "list_memories", json!({ "bucket": "long" })).await;
    assert!(text.contains("characters are cut off") && text.chars().count() < 400, "{text}");
    // Not null: the schema says that it is a number where it is there.
    assert_eq!(listed.get("next_offset"), None);
}

#[tokio::test]
async fn an_answer_is_told_while_it_is_written() {
    let (_server, tools) = start(LocalServer::builder()).await;
    run(&tools, "store_memory", json!({ "content": "Ada drinks tea, never coffee." })).await;
    let mut pieces = Vec::new();
    let arguments = json!({ "question": "What does Ada drink?" });
    let reply = tools.call_streamed("query_memory", arguments, |text| pieces.push(text.to_owned())).await.unwrap();
    assert!(pieces.len() > 1 && reply.text.starts_with(pieces.concat().trim()), "{pieces:?} {}", reply.text);
}

#[tokio::test]
async fn an_answer_is_waited_for_as_long_as_it_is_written() {
    let (server, _) = start(LocalServer::builder().synthesis_latency(Duration::from_millis(50))).await;
    let engram = EngramClient::builder().api_key(server.api_key()).base_url(server.base_url());
    // No answer comes whole in that time.
    let engram = engram.timeout(Duration::from_millis(1)).build().unwrap();
    let (text, _) = run(&MemoryTools::new(engram), "query_memory", json!({ "question": "Who drinks tea?" })).await;
    assert!(text.starts_with("No relevant memories found."), "{text}");
}

#[tokio::test]
async fn errors_say_what_a_model_can_do() {
    let missing_key = LocalServer::builder().missing_model_key(true);
    let (_server, tools) = start(missing_key).await;
    let text = problem(&tools, "query_memory", json!({ "question": "x" })).await;
    assert!(text.contains("412") && text.contains("Use recall_memories, which doesn't need one"), "{text}");

    let (server, tools) =
        start(LocalServer::builder().max_concurrent_requests(1).synthesis_latency(Duration::from_secs(60))).await;
    let busy = tools.clone();
    let call = tokio::spawn(async move { busy.call("query_memory", json!({ "question": "x" })).await });
    let impatient = EngramClient::builder()
        .api_key(server.api_key())
        .base_url(server.base_url())
        .max_retries_on_429(0)
        .build()
        .unwrap();
    let impatient = MemoryTools::new(impatient);
    let text = loop {
        tokio::task::yield_now().await;
        if let Err(error) = impatient.call("list_buckets", "").await {
            break error.to_string();
        }
    };
    assert!(text.contains("429") && text.contains("Try again in ") && text.contains("fewer calls at once"), "{text}");
    call.abort();

    let (server, tools) = start(LocalServer::builder().api_key("eng_local_right")).await;
    let text = problem(&tools, "delete_memory", json!({ "memory_id": "nobody" })).await;
    assert!(text.contains("404") && text.contains("list_memories or recall_memories"), "{text}");
    let stranger = EngramClient::builder().api_key("eng_live_wrong").base_url(server.base_url()).build().unwrap();
    let error = MemoryTools::new(stranger).call("list_buckets", "").await.unwrap_err();
    assert!(
        error.to_string().contains("check the Engram API key") && matches!(error, ToolError::Reading(_)),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("eng_live_wrong"));

    server.fail_next([Fault::Status(500); 2]);
    let text = problem(&tools, "store_memory", json!({ "content": "x" })).await;
    assert!(text.contains("It may have taken effect: check with list_memories"), "{text}");
    let text = problem(&tools, "recall_memories", json!({ "question": "x" })).await;
    assert!(text.contains("500") && text.contains("Nothing was changed: try again later."), "{text}");

    let absent = EngramClient::builder().api_key("k").base_url("http://127.0.0.1:1").build().unwrap();
    let text = problem(&MemoryTools::new(absent), "store_memory", json!({ "content": "x" })).await;
    assert!(text.contains("Nothing was changed: try again later."), "{text}");
    let text = problem(&tools, "store_memory", json!({ "content": "x", "bucket": "" })).await;
    assert!(text.contains("correct the arguments"), "{text}");
}
