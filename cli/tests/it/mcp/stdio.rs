//! How the server over stdio begins and ends.

use std::fs;

use lumetra_engram_local::LocalServer;
use serde_json::json;

use super::program::{Pipe, Program, line, start, text};

#[tokio::test]
async fn it_ends_with_its_input_even_before_the_handshake() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    assert_eq!(Pipe::spawn(program.command(&["mcp"])).close().await, (true, Vec::new()));
    assert_eq!(Pipe::ready(program.command(&["mcp"])).await.close().await, (true, Vec::new()));
}

#[cfg(unix)]
#[tokio::test]
async fn it_ends_well_when_it_is_asked_to() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    for signal in ["TERM", "INT"] {
        let mut pipe = Pipe::ready(program.command(&["mcp"])).await;
        let process = pipe.child.id().unwrap().to_string();
        let sent = std::process::Command::new("kill").args(["-s", signal, &process]).status().unwrap();
        assert!(sent.success());
        let ended = tokio::time::timeout(super::program::LONG, pipe.child.wait()).await.expect("it ends").unwrap();
        assert!(ended.success(), "{signal}: {ended}");
    }
}

#[tokio::test]
async fn the_bucket_is_that_of_the_project_and_it_says_why() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    let project = program.home.path().join("work");
    fs::create_dir_all(project.join("deep")).unwrap();
    fs::write(project.join(".engram.toml"), "bucket = \"of the file\"\n").unwrap();
    let root = project.join("deep");
    let root = root.to_str().unwrap();

    let by_variable = || {
        let mut command = program.command(&["mcp"]);
        command.env("CLAUDE_PROJECT_DIR", root);
        command
    };
    let by_name = || {
        let mut command = by_variable();
        command.env("ENGRAM_BUCKET", "asked for");
        command
    };
    for (command, bucket, why) in [
        (program.command(&["mcp"]), "default", "not a project"),
        (program.command(&["mcp", "--root", root]), "of the file", ".engram.toml"),
        (by_variable(), "of the file", ".engram.toml"),
        (by_name(), "asked for", "ENGRAM_BUCKET"),
    ] {
        let mut pipe = Pipe::ready(command).await;
        let said = line(&mut pipe.errors).await.unwrap();
        assert!(said.starts_with(&format!("bucket {bucket:?}, ")) && said.contains(why), "{said}");
        pipe.call(1, "list_buckets", json!({})).await;
        let answer = pipe.receive().await;
        assert!(text(&answer).ends_with(&format!("Calls without a bucket use {bucket:?}.\n")), "{answer}");
    }

    fs::write(project.join(".engram.toml"), "bukcet = \"b\"\n").unwrap();
    let problem = program.fails(&["mcp", "--root", root]).await;
    assert!(problem.contains("unknown field `bukcet`") && problem.contains(".engram.toml"), "{problem}");
}
