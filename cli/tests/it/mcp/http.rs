//! The server over HTTP: who is let in.

use lumetra_engram_local::LocalServer;
use reqwest::header::{ACCEPT, AUTHORIZATION, HOST, ORIGIN};
use reqwest::{RequestBuilder, StatusCode};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::program::{Program, initialize, line, start};

pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Serving {
    pub(crate) async fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        loop {
            let line = line(&mut lines).await.expect("it says where it is");
            if let Some((_, url)) = line.split_once("MCP over HTTP at ") {
                return Self { child, url: url.to_owned() };
            }
        }
    }

    fn port(&self) -> &str {
        self.url.trim_end_matches("/mcp").rsplit_once(':').unwrap().1
    }
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn handshake(url: &str) -> RequestBuilder {
    client().post(url).header(ACCEPT, "application/json, text/event-stream").json(&initialize())
}

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn requests_for_another_host_and_from_other_origins_are_refused() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    let serving = Serving::start(program.command(&["mcp", "--http", "127.0.0.1:0"])).await;
    let (url, port) = (&serving.url, serving.port());
    assert_eq!(status(handshake(url)).await, StatusCode::OK);
    assert_eq!(status(handshake(url).header(HOST, format!("localhost:{port}"))).await, StatusCode::OK);
    assert_eq!(status(handshake(url).header(HOST, "evil.example")).await, StatusCode::FORBIDDEN);
    assert_eq!(status(handshake(url).header(ORIGIN, format!("http://localhost:{port}"))).await, StatusCode::OK);
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        assert_eq!(status(handshake(url).header(ORIGIN, origin)).await, StatusCode::FORBIDDEN, "{origin}");
    }
}

#[tokio::test]
async fn an_address_that_others_reach_needs_a_token() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    let problem = program.fails(&["mcp", "--http", "0.0.0.0:0", "--http-host", "memory.example"]).await;
    assert!(problem.contains("ENGRAM_MCP_TOKEN"), "{problem}");

    for (variable, value) in [("TYPO", None), ("TOKEN", Some(std::ffi::OsString::new()))] {
        let mut command = program.command(&["mcp", "--http", "127.0.0.1:0", "--http-token-env", variable]);
        command.envs(value.map(|value| (variable, value)));
        let output = command.output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(&format!("{variable} is not set")), "{said}");
    }

    let with_token = |arguments: &[&str]| {
        let mut command =
            program.command(&[&["mcp", "--http", "0.0.0.0:0", "--http-token-env", "TOKEN"], arguments].concat());
        command.env("TOKEN", "the right one");
        command
    };
    let output = with_token(&[]).output().await.unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("--http-host"));

    let serving = Serving::start(with_token(&["--http-host", "memory.example"])).await;
    let url = format!("http://127.0.0.1:{}/mcp", serving.port());
    let bearing = |token: &str| handshake(&url).header(AUTHORIZATION, format!("Bearer {token}"));
    let refused = handshake(&url).send().await.unwrap();
    assert_eq!(
        (refused.status(), &refused.headers()["www-authenticate"]),
        (StatusCode::UNAUTHORIZED, &"Bearer".parse().unwrap())
    );
    for token in ["", "the right", "the right one "].map(|token| format!("{token}x")) {
        assert_eq!(status(bearing(&token)).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status(bearing("the right one")).await, StatusCode::OK);
    assert_eq!(status(bearing("the right one").header(HOST, "memory.example")).await, StatusCode::OK);
    assert_eq!(status(bearing("the right one").header(ORIGIN, "https://memory.example")).await, StatusCode::OK);
    assert_eq!(status(bearing("the right one").header(HOST, "evil.example")).await, StatusCode::FORBIDDEN);
}

#[cfg(unix)]
#[tokio::test]
async fn it_ends_well_when_it_is_asked_to() {
    let server = start(LocalServer::builder()).await;
    let program = Program::of(&server);
    let mut serving = Serving::start(program.command(&["mcp", "--http", "127.0.0.1:0"])).await;
    // A session stays open.
    let session = handshake(&serving.url).send().await.unwrap();
    let process = serving.child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-s", "TERM", &process]).status().unwrap().success());
    let ended = tokio::time::timeout(super::program::LONG, serving.child.wait()).await.expect("it ends").unwrap();
    assert!(ended.success(), "{ended}");
    drop(session);
}
