//! `hook session-start`.

use std::time::{Duration, Instant};

use lumetra_engram_local::LocalServer;
use serde_json::Value;
use tokio::net::TcpListener;

use super::program::{Program, start};

async fn context(program: &Program) -> String {
    let (output, errors) = program.run(&["hook", "session-start", "--bucket", "notes"]).await;
    assert!(output.len() <= 2_048 && errors.is_empty(), "{} bytes, {errors}", output.len());
    let output: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(output["hookSpecificOutput"]["hookEventName"], "SessionStart");
    output["hookSpecificOutput"]["additionalContext"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_begins_with_the_newest_facts_and_no_more_than_fit() {
    let server = start(LocalServer::builder()).await;
    let (program, engram) = (Program::of(&server), server.client().unwrap());
    engram.store_memory("Ada drinks\n\"tea\".").bucket("notes").await.unwrap();
    let few = context(&program).await;
    assert!(few.contains("bucket \"notes\"") && few.ends_with("\n- Ada drinks \"tea\".\n"), "{few}");

    for n in 0..60 {
        let content = format!("Fact {n}: {}", "a\"b\u{1}é ".repeat(60));
        engram.store_memory(content).bucket("notes").await.unwrap();
    }
    let many = context(&program).await;
    let shown = many.lines().filter(|line| line.starts_with("- Fact ")).count();
    assert!(shown > 1 && many.contains("- Fact 59: "), "{many}");
    assert!(many.contains(&format!("{} more: find them with recall_memories.", 61 - shown)), "{many}");
}

#[tokio::test]
async fn nothing_is_said_and_nothing_fails_where_there_is_no_memory() {
    let server = start(LocalServer::builder()).await;
    // Nobody takes its connections.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let programs = [
        Program::of(&server),
        Program::at(server.base_url(), "eng_live_wrong"),
        Program::at("http://127.0.0.1:1", "eng_live_key"),
        Program::at("no URL", "eng_live_key"),
        Program::at(&silent, ""),
    ];
    for program in programs {
        let said = program.run(&["hook", "session-start", "--root", "/no/such/folder", "--bucket", ""]).await;
        assert_eq!(said, (String::new(), String::new()));
        let said = program.run(&["hook", "session-start", "--bucket", "notes"]).await;
        assert_eq!(said, (String::new(), String::new()));
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let program = Program::at(&format!("http://{}", silent.local_addr().unwrap()), "eng_live_key");
    let begin = Instant::now();
    let said = program.run(&["hook", "session-start", "--bucket", "notes"]).await;
    assert_eq!(said, (String::new(), String::new()));
    // Far less than the 30 s that any other command waits, and far more than it takes on a machine that is not busy.
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}
