//! rmcp's own client lists and calls everything, over stdio and over HTTP.

use lumetra_engram_local::LocalServer;
use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, GetPromptRequestParams, ReadResourceRequestParams};
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use serde_json::{Value, json};

use super::http;
use super::program::{Program, start};

type Client = RunningService<RoleClient, ()>;

async fn call(client: &Client, name: &'static str, arguments: Value) -> (String, Value) {
    let Value::Object(arguments) = arguments else { panic!("no object") };
    let result = client.call_tool(CallToolRequestParams::new(name).with_arguments(arguments)).await.unwrap();
    let text = result.content[0].as_text().unwrap().text.clone();
    assert_eq!(result.is_error, Some(false), "{name}: {text}");
    (text, result.structured_content.unwrap())
}

/// Every tool, prompt and resource.
async fn uses_everything(client: Client) {
    let instructions = client.peer_info().unwrap().instructions.clone().unwrap();
    assert!(instructions.contains("recall_memories") && instructions.contains("\"notes\""), "{instructions}");

    let tools = client.list_all_tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    let all = [
        "store_memory",
        "query_memory",
        "recall_memories",
        "list_memories",
        "list_buckets",
        "delete_memory",
        "clear_memories",
    ];
    assert_eq!(names, all);
    for tool in &tools {
        let annotations = tool.annotations.as_ref().unwrap();
        assert_eq!(tool.title, annotations.title);
        assert_eq!(
            annotations.read_only_hint,
            Some(!["store_memory", "delete_memory", "clear_memories"].contains(&&*tool.name))
        );
        assert_eq!(annotations.destructive_hint, Some(["delete_memory", "clear_memories"].contains(&&*tool.name)));
        assert_eq!(tool.input_schema["type"], "object");
        assert_eq!(tool.output_schema.as_ref().unwrap()["type"], "object");
    }

    let (text, stored) = call(&client, "store_memory", json!({ "content": "Ada drinks tea." })).await;
    let id = stored["memory_id"].as_str().unwrap();
    assert!(text.contains("bucket \"notes\"") && text.contains(id), "{text}");
    let (text, recalled) = call(&client, "recall_memories", json!({ "question": "Who drinks tea?" })).await;
    assert!(text.contains("Ada drinks tea.") && recalled["memories"][0]["memory_id"] == id, "{text}");
    let (text, _) = call(&client, "query_memory", json!({ "question": "Who drinks tea?" })).await;
    assert!(text.contains("Ada drinks tea."), "{text}");
    let (text, _) = call(&client, "list_memories", json!({})).await;
    assert!(text.contains("1 to 1 of 1"), "{text}");
    let (text, _) = call(&client, "list_buckets", json!({})).await;
    assert!(text.contains("- notes: 1 facts"), "{text}");

    let arguments = |key: &str, value: &str| [(key.to_owned(), json!(value))].into_iter().collect();
    let prompts = client.list_all_prompts().await.unwrap();
    assert_eq!(prompts.iter().map(|prompt| prompt.name.as_str()).collect::<Vec<_>>(), ["recall", "remember"]);
    let recall = GetPromptRequestParams::new("recall").with_arguments(arguments("question", "Who drinks tea?"));
    let prompt = serde_json::to_string(&client.get_prompt(recall).await.unwrap()).unwrap();
    assert!(prompt.contains("Who drinks tea?") && prompt.contains("Ada drinks tea."), "{prompt}");
    let remember = GetPromptRequestParams::new("remember").with_arguments(arguments("fact", "Bob is tall."));
    let prompt = serde_json::to_string(&client.get_prompt(remember).await.unwrap()).unwrap();
    assert!(prompt.contains("store_memory") && prompt.contains("Bob is tall."), "{prompt}");
    assert!(client.get_prompt(GetPromptRequestParams::new("recall")).await.is_err());
    assert!(client.get_prompt(GetPromptRequestParams::new("nothing")).await.is_err());

    let resources = client.list_all_resources().await.unwrap();
    assert_eq!(resources[0].uri, "engram://buckets");
    let read = client.read_resource(ReadResourceRequestParams::new("engram://buckets")).await.unwrap();
    assert!(serde_json::to_string(&read).unwrap().contains("- notes: 1 facts"));
    assert!(client.read_resource(ReadResourceRequestParams::new("engram://nothing")).await.is_err());

    call(&client, "delete_memory", json!({ "memory_id": id })).await;
    call(&client, "store_memory", json!({ "content": "Bob drinks coffee." })).await;
    let (text, _) = call(&client, "clear_memories", json!({ "bucket": "notes", "confirm": "notes" })).await;
    assert!(text.contains("1 memories were deleted"), "{text}");
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn a_client_uses_everything_over_stdio() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    let command = program.command(&["mcp", "--bucket", "notes", "--allow-clear"]);
    uses_everything(().serve(TokioChildProcess::new(command).unwrap()).await.unwrap()).await;
}

#[tokio::test]
async fn a_client_uses_everything_over_http() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    let mut command = program.command(&["mcp", "--bucket", "notes", "--allow-clear", "--http", "127.0.0.1:0"]);
    command.env("ENGRAM_MCP_TOKEN", "a long token");
    let serving = http::Serving::start(command).await;
    let config = StreamableHttpClientTransportConfig::with_uri(serving.url.as_str()).auth_header("a long token");
    let transport = StreamableHttpClientTransport::with_client(http::client(), config);
    uses_everything(().serve(transport).await.unwrap()).await;
}
