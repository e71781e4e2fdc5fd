//! The archive of what leaves the context window.

use std::sync::{Arc, Mutex};

use lumetra_engram::EngramClient;
use lumetra_engram_local::{Fault, LocalServer};
use rig_core::id::ConversationId;
use rig_core::memory::{ConversationMemory, DemotionHook, InMemoryConversationMemory};
use rig_core::message::{AssistantContent, AssistantMessage, Message, ToolCall, ToolFunction, ToolName, UserContent};
use rig_engram::{ArchiveError, EngramArchive};
use rig_memory::{DemotingPolicyMemory, SlidingWindowMemory};
use serde_json::json;

use crate::start;

fn chat() -> ConversationId {
    "chat".into()
}

async fn contents(engram: &EngramClient) -> Vec<String> {
    let page = engram.list_memories().limit(100).await;
    let mut contents: Vec<_> =
        page.map(|page| page.memories).unwrap_or_default().into_iter().map(|memory| memory.content).collect();
    contents.sort();
    contents
}

/// A conversation of which the last message alone stays in the window.
async fn conversation(archive: EngramArchive) -> impl ConversationMemory {
    let inner = InMemoryConversationMemory::new();
    let said = vec![Message::user("My sister visits in May."), Message::assistant("How nice!"), Message::user("Bye.")];
    inner.append(&chat(), said).await.unwrap();
    DemotingPolicyMemory::new(inner, SlidingWindowMemory::last_messages(1), archive)
}

#[tokio::test]
async fn what_leaves_the_window_is_found_again_and_what_stays_is_not_stored() {
    let (_server, engram) = start(LocalServer::builder()).await;
    let memory = conversation(EngramArchive::new(engram.clone())).await;
    assert_eq!(memory.load(&chat()).await.unwrap(), [Message::user("Bye.")]);
    let all = ["The assistant said: How nice!", "The user said: My sister visits in May."];
    assert_eq!(contents(&engram).await, all);
    let result = engram.query("When does the sister visit?").skip_synthesis(true).await.unwrap();
    assert_eq!(result.explanation.unwrap().retrieved_memories[0].content, "The user said: My sister visits in May.");

    // After a restart everything is delivered again.
    conversation(EngramArchive::new(engram.clone())).await.load(&chat()).await.unwrap();
    assert_eq!(contents(&engram).await, all);
    conversation(EngramArchive::new(engram.clone()).bucket("another")).await.load(&chat()).await.unwrap();
    assert_eq!(contents(&engram.with_bucket("another")).await, all);
}

#[tokio::test]
async fn only_what_was_said_in_words_is_stored() {
    let (_server, engram) = start(LocalServer::builder()).await;
    let call = ToolCall::from_wire("1", ToolFunction::new(ToolName::new("search").unwrap(), json!({ "q": "x" })));
    let result = Message::tool_result(call.id.clone(), ToolName::new("search").unwrap(), "secret result");
    let picture = || UserContent::image_url("https://example.com/cat.png", None, None);
    let messages = vec![
        Message::system("You are helpful."),
        Message::User { content: vec![UserContent::text("This is my cat."), picture()] },
        Message::User { content: vec![picture()] },
        Message::Assistant(AssistantMessage::new(vec![
            AssistantContent::text("I will look."),
            AssistantContent::ToolCall(call),
        ])),
        result,
        Message::user("  "),
    ];
    EngramArchive::new(engram.clone()).on_demote(&chat(), messages).await.unwrap();
    let all = ["The assistant said: I will look.", "The user said: This is my cat. [image]"];
    assert_eq!(contents(&engram).await, all);

    // Where nothing was said, nothing is sent.
    let (server, engram) = start(LocalServer::builder()).await;
    server.shutdown().await;
    EngramArchive::new(engram).on_demote(&chat(), vec![Message::system("You are helpful.")]).await.unwrap();
}

#[tokio::test]
async fn a_failure_is_the_error_of_the_load_and_the_next_load_stores_everything() {
    let (server, engram) = start(LocalServer::builder()).await;
    let memory = conversation(EngramArchive::new(engram.clone())).await;
    server.fail_next([Fault::Status(401)]);
    let error = memory.load(&chat()).await.unwrap_err().to_string();
    assert!(
        error.contains("2 of 2 messages that left the context window could not be archived: Engram API 401"),
        "{error}"
    );
    assert_eq!(contents(&engram).await, Vec::<String>::new());
    memory.load(&chat()).await.unwrap();
    assert_eq!(contents(&engram).await.len(), 2);
}

#[tokio::test]
async fn with_on_failure_you_get_exactly_what_failed_and_the_conversation_goes_on() {
    let (_server, engram) = start(LocalServer::builder().max_memory_bytes(60)).await;
    let failures = Arc::new(Mutex::new(Vec::<ArchiveError>::new()));
    let told = failures.clone();
    let archive = EngramArchive::new(engram.clone()).on_failure(move |error| told.lock().unwrap().push(error));
    let long = "word ".repeat(40);
    archive.on_demote(&chat(), vec![Message::user("Short."), Message::user(long.as_str())]).await.unwrap();
    assert_eq!(contents(&engram).await, ["The user said: Short."]);
    let failures = failures.lock().unwrap();
    let [failure] = failures.as_slice() else { panic!("{failures:?}") };
    assert_eq!(failure.facts, [format!("The user said: {}", long.trim())]);
    assert_eq!((failure.count, &failure.conversation), (2, &chat()));
    assert!(failure.to_string().starts_with("1 of 2 messages"), "{failure}");
    assert!(!format!("{failure:?}").contains("word"), "{failure:?}");
}

#[tokio::test]
async fn what_was_not_attempted_is_among_what_failed() {
    let (server, engram) = start(LocalServer::builder()).await;
    server.fail_next([Fault::Status(401)]);
    // More than one request takes.
    let said: Vec<_> = (0..1000).map(|number| Message::user(format!("This is number {number}."))).collect();
    let failures = Arc::new(Mutex::new(Vec::<ArchiveError>::new()));
    let told = failures.clone();
    let archive = EngramArchive::new(engram.clone()).on_failure(move |error| told.lock().unwrap().push(error));
    archive.on_demote(&chat(), said).await.unwrap();
    let failed = failures.lock().unwrap()[0].facts.clone();
    let stored = engram.list_memories().limit(1000).await.map(|page| page.memories).unwrap_or_default();
    let stored: Vec<_> = stored.into_iter().map(|memory| memory.content).collect();
    let mut all: Vec<_> = failed.iter().chain(&stored).cloned().collect();
    all.sort();
    all.dedup();
    assert!(failed.len() >= 50, "{}", failed.len());
    assert_eq!((failed.len() + stored.len(), all.len()), (1000, 1000));
}
