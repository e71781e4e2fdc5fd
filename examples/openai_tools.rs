//! An agent with a long-term memory, over any endpoint that speaks OpenAI's chat API with function calling. The memory tools are in
//! `openai_tools/memory_tools.rs`, the loop in `openai_tools/agent.rs`; both are made to be copied.
//!
//! ```text
//! cargo run --example openai_tools
//! OPENAI_API_KEY=sk-… OPENAI_MODEL=… cargo run --example openai_tools
//! OPENAI_BASE_URL=http://localhost:11434/v1 OPENAI_MODEL=… cargo run --example openai_tools
//! ```
//!
//! Without `OPENAI_API_KEY` and `OPENAI_BASE_URL` the model is a script in this process.

#[path = "openai_tools/agent.rs"]
mod agent;
#[path = "openai_tools/chat_rules.rs"]
mod chat_rules;
#[path = "openai_tools/memory_tools.rs"]
mod memory_tools;
#[allow(dead_code)] // The tests of this example need more of it.
#[path = "openai_tools/scripted_model.rs"]
mod scripted_model;

use std::error::Error;

use serde_json::{Value, json};

use agent::{Agent, Endpoint};
use lumetra_engram_examples::connect;
use memory_tools::MemoryTools;
use scripted_model::{ScriptedModel, Turn};

const USER_SAYS: [&str; 3] = [
    "Hello! I am a vegetarian, and I live in Lisbon.",
    "I have moved to Porto. Please forget my old place.",
    "What do you know about me?",
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (engram, _server) = connect().await?;
    let (endpoint, scripted) = match endpoint()? {
        Some(endpoint) => (endpoint, None),
        None => {
            println!("Neither OPENAI_API_KEY nor OPENAI_BASE_URL is set: the model is a script in this process.\n");
            let scripted = ScriptedModel::start(script()).await?;
            (scripted.endpoint(), Some(scripted))
        }
    };
    let mut agent = Agent::new(endpoint, MemoryTools::new(engram.with_bucket("lumetra-engram-openai-tools")))?;
    for text in USER_SAYS {
        let before = agent.messages().len();
        let outcome = agent.ask(text).await;
        agent.messages().iter().skip(before).for_each(show);
        outcome?;
        println!();
    }
    match scripted.map(|scripted| scripted.complaints()) {
        Some(complaints) if !complaints.is_empty() => Err(complaints.join("; ").into()),
        _ => Ok(()),
    }
}

/// The endpoint in the environment.
fn endpoint() -> Result<Option<Endpoint>, Box<dyn Error>> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (base_url, api_key) = (variable("OPENAI_BASE_URL"), variable("OPENAI_API_KEY"));
    if base_url.is_none() && api_key.is_none() {
        return Ok(None);
    }
    let base_url = base_url.unwrap_or_else(|| "https://api.openai.com/v1".to_owned());
    let model = variable("OPENAI_MODEL").ok_or("OPENAI_MODEL is not set: it names the model of your endpoint")?;
    Ok(Some(Endpoint { base_url, api_key, model }))
}

/// Shows a message of the conversation.
fn show(message: &Value) {
    let content = message["content"].as_str().unwrap_or_default();
    match message["role"].as_str() {
        Some("user") => println!("User:   {content}"),
        Some("tool") => println!("          {} gives {content}", message["tool_call_id"].as_str().unwrap_or_default()),
        _ if !content.is_empty() => println!("Model:  {content}"),
        _ => {}
    }
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        let (id, function) = (&call["id"], &call["function"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        println!("        {}: {} {}", text(id), text(&function["name"]), text(&function["arguments"]));
    }
}

/// What the model does when it is a script.
fn script() -> Vec<Turn> {
    vec![
        // Several calls in one turn.
        Turn::calls([
            ("store_memory", json!({ "content": "The user is a vegetarian." })),
            ("store_memory", json!({ "content": "The user lives in Lisbon." })),
        ]),
        Turn::says("Welcome! I will remember that you are a vegetarian and live in Lisbon."),
        // A mistake, which the model mends when it is told.
        Turn::calls([("query_memory", json!({ "query": "Where does the user live?" }))]),
        Turn::calls([("query_memory", json!({ "question": "Where does the user live?" }))]),
        Turn::calls_with("delete_memory", |found| json!({ "memory_id": id_of(found, "Lisbon") })),
        Turn::calls([("store_memory", json!({ "content": "The user lives in Porto." }))]),
        Turn::says("Done: I have forgotten Lisbon, and know that you live in Porto now."),
        Turn::calls([("list_memories", json!({}))]),
        Turn::says_with(|found| format!("I know this: {}", contents(found).join(" "))),
    ]
}

/// The id of the memory that mentions this.
fn id_of(found: &str, mentioned: &str) -> String {
    let mentions = |memory: &&Value| memory["content"].as_str().is_some_and(|content| content.contains(mentioned));
    let memories = memories(found);
    memories.iter().find(mentions).and_then(|memory| memory["id"].as_str()).unwrap_or_default().to_owned()
}

fn contents(found: &str) -> Vec<String> {
    memories(found).iter().filter_map(|memory| memory["content"].as_str().map(str::to_owned)).collect()
}

fn memories(found: &str) -> Vec<Value> {
    serde_json::from_str(found).unwrap_or_default()
}
