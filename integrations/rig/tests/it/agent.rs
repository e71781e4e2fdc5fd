//! The example.

use std::sync::{Arc, Mutex};

use lumetra_engram_local::LocalServer;
use serde_json::{Value, json};

use crate::example::{agent, converse, script, serve, text};
use crate::start;

#[tokio::test]
async fn the_agent_of_the_example_answers_from_memory_what_has_left_its_context_window() {
    let (_server, engram) = start(LocalServer::builder()).await;
    let requests = Arc::new(Mutex::new(Vec::<Value>::new()));
    let log = requests.clone();
    let model = serve(move |request| {
        log.lock().unwrap().push(request.clone());
        script(request)
    });
    let agent = agent(engram.clone(), &model.await.unwrap());
    let mut printed = Vec::new();
    converse(&agent, &mut printed).await.unwrap();
    let printed = String::from_utf8(printed).unwrap();

    let answer = printed.trim_end().lines().last().unwrap();
    assert!(answer.contains("My sister Inês comes to visit in May."), "{printed}");
    assert!(printed.contains("I will remember that. (Stored in bucket \"user-17\""), "{printed}");

    let last = requests.lock().unwrap().last().unwrap()["messages"].clone();
    let last = last.as_array().unwrap();
    let told: Vec<_> = last.iter().filter(|message| text(message).contains("Inês")).collect();
    let [told] = told.as_slice() else { panic!("{last:#?}") };
    // Not as a part of the conversation, but as what the index found.
    assert!(text(told).contains("<file id: ") && text(told).contains("The user said: My sister Inês"), "{told}");
    let stored = engram.list_memories().await.unwrap().memories;
    assert!(stored.iter().any(|memory| memory.content == "The user is a vegetarian."), "{stored:#?}");
}

#[tokio::test]
async fn a_memory_that_fails_stops_the_agent_with_its_error() {
    let (server, engram) = start(LocalServer::builder()).await;
    server.shutdown().await;
    let agent = agent(engram, &serve(|_| json!({ "content": "unused" })).await.unwrap());
    let error = agent.prompt("Where do I live?").await.unwrap_err().to_string();
    assert!(error.contains("failed to retrieve dynamic context"), "{error}");
}
