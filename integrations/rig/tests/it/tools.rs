//! The memory tools, called by a model through rig's agent.

use std::sync::{Arc, Mutex};

use lumetra_engram::EngramClient;
use lumetra_engram_local::LocalServer;
use lumetra_engram_tools::{MemoryTools, ToolError};
use rig_agent::{Agent, AgentBuilder};
use rig_core::providers::openai::OpenAIConfig;
use rig_core::tool::ToolErrorKind;
use rig_engram::engram_tools;
use serde_json::{Value, json};

use crate::example::{calls, says, serve, text};
use crate::start;

/// A model that calls these tools one after the other, and everything that it was sent.
async fn calling(script: Vec<(&'static str, Value)>) -> (String, Arc<Mutex<Vec<Value>>>) {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let log = requests.clone();
    let model = move |request: &Value| {
        let mut log = log.lock().unwrap();
        log.push(request.clone());
        match script.get(log.len() - 1) {
            Some((name, arguments)) => calls(name, arguments),
            None => says("Done."),
        }
    };
    (serve(model).await.unwrap(), requests)
}

fn agent(tools: MemoryTools, model_url: &str) -> Agent {
    let http = rig_reqwest::ReqwestClient::default();
    let model = OpenAIConfig::new("no key").with_base_url(model_url).connect(http).chat("scripted");
    AgentBuilder::new(model).default_max_turns(20).dynamic_tools(engram_tools(tools)).build()
}

/// What the model was told after each of its calls.
async fn told(tools: MemoryTools, script: Vec<(&'static str, Value)>) -> Vec<String> {
    let (url, requests) = calling(script).await;
    let response = agent(tools, &url).prompt("Go.").await.unwrap();
    assert_eq!(response.output(), "Done.");
    let requests = requests.lock().unwrap();
    let last = requests.last().unwrap()["messages"].as_array().unwrap();
    last.iter().filter(|message| message["role"] == "tool").map(text).collect()
}

async fn stored(engram: &EngramClient, content: &str) -> String {
    engram.store_memory(content).await.unwrap().memory_id.unwrap()
}

#[tokio::test]
async fn every_tool_is_offered_as_it_is_defined() {
    let (_server, engram) = start(LocalServer::builder()).await;
    for tools in [
        MemoryTools::new(engram.clone()).allow_clear(true),
        MemoryTools::new(engram.clone()).only_this_bucket(true),
        MemoryTools::new(engram).read_only(true),
    ] {
        let (url, requests) = calling(vec![]).await;
        agent(tools.clone(), &url).prompt("Go.").await.unwrap();
        let mut offered = requests.lock().unwrap()[0]["tools"].as_array().unwrap().clone();
        let mut defined: Vec<_> = tools.definitions().iter().map(|tool| tool.openai()).collect();
        for list in [&mut offered, &mut defined] {
            list.sort_by_key(|tool| tool["function"]["name"].to_string());
        }
        assert_eq!(offered.len(), defined.len());
        for (offered, defined) in offered.iter().zip(&defined) {
            for part in ["name", "description", "parameters"] {
                assert_eq!(offered["function"][part], defined["function"][part]);
            }
        }
    }
}

#[tokio::test]
async fn every_tool_can_be_called_and_its_text_reaches_the_model() {
    let (_server, engram) = start(LocalServer::builder()).await;
    let id = stored(&engram, "Ada drinks tea.").await;
    let told = told(
        MemoryTools::new(engram.clone()).allow_clear(true),
        vec![
            ("store_memory", json!({ "content": "Bob drinks coffee." })),
            ("query_memory", json!({ "question": "Who drinks coffee?" })),
            ("recall_memories", json!({ "question": "Who drinks tea?" })),
            ("list_memories", json!({})),
            ("list_buckets", json!({})),
            ("delete_memory", json!({ "memory_id": id })),
            ("clear_memories", json!({ "bucket": "user-17", "confirm": "user-17" })),
        ],
    )
    .await;
    let expected = [
        "Stored in bucket \"user-17\"",
        "Bob drinks coffee.",
        "Ada drinks tea.",
        "1 to 2 of 2",
        "- user-17: 2 facts",
        "Deleted memory",
        "1 memories were deleted",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected), "{told:?} misses {expected:?}");
    }
    assert_eq!(engram.list_memories().await.unwrap().memories.len(), 0);
}

#[tokio::test]
async fn errors_reach_the_model_as_text_that_says_what_to_do() {
    let (_server, engram) = start(LocalServer::builder().missing_model_key(true)).await;
    let told = told(
        MemoryTools::new(engram),
        vec![
            ("recall_memories", json!({ "query": "tea" })),
            ("query_memory", json!({ "question": "Who drinks tea?" })),
            ("delete_memory", json!({ "memory_id": "unknown" })),
        ],
    )
    .await;
    let [arguments, no_key, unknown] = told.as_slice() else { panic!("{told:#?}") };
    assert!(arguments.contains("must be") && arguments.contains("\"question\""), "{arguments}");
    assert!(no_key.contains("Use recall_memories"), "{no_key}");
    assert!(unknown.contains("404") && unknown.contains("list_buckets"), "{unknown}");
}

#[tokio::test]
async fn hooks_see_what_kind_of_error_it_was_and_the_error_itself() {
    let (server, engram) = start(LocalServer::builder()).await;
    let tools = engram_tools(MemoryTools::new(engram));
    let call = async |name: &str, arguments| {
        let tool = tools.iter().find(|tool| tool.name() == name).unwrap();
        tool.execute(arguments).await.unwrap_err()
    };
    let error = call("recall_memories", json!({ "query": "tea" })).await;
    assert_eq!((error.kind(), error.retryable()), (ToolErrorKind::InvalidArgs, Some(false)));
    let error = call("delete_memory", json!({ "memory_id": "unknown" })).await;
    assert_eq!((error.kind(), error.http_status()), (ToolErrorKind::NotFound, Some(404)));
    assert!(matches!(error.downcast_ref::<ToolError>(), Some(ToolError::Memory(_))), "{error}");
    server.shutdown().await;
    let error = call("list_buckets", json!({})).await;
    assert_eq!((error.kind(), error.retryable()), (ToolErrorKind::Network, Some(true)));
}
