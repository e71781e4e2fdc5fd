//! The program, and clients of it.

use std::process::Stdio;
use std::time::Duration;

use lumetra_engram_local::{LocalServer, LocalServerBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// Where a test would wait for ever. Long, as the machine may be busy.
pub(crate) const LONG: Duration = Duration::from_secs(120);

pub(crate) async fn start(server: LocalServerBuilder) -> LocalServer {
    server.in_memory().start().await.unwrap()
}

/// The program, for a server, in a home folder of its own.
pub(crate) struct Program {
    base_url: String,
    api_key: String,
    pub(crate) home: TempDir,
}

impl Program {
    pub(crate) fn of(server: &LocalServer) -> Self {
        Self::at(server.base_url(), server.api_key())
    }

    pub(crate) fn at(base_url: &str, api_key: &str) -> Self {
        Self { base_url: base_url.to_owned(), api_key: api_key.to_owned(), home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lumetra-engram"));
        for variable in
            ["ENGRAM_BUCKET", "CLAUDE_PROJECT_DIR", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "RUST_LOG", "ENGRAM_MCP_TOKEN"]
        {
            command.env_remove(variable);
        }
        for variable in ["HOME", "USERPROFILE", "XDG_CONFIG_HOME", "APPDATA"] {
            command.env(variable, self.home.path());
        }
        command.env("ENGRAM_BASE_URL", &self.base_url).env("ENGRAM_API_KEY", &self.api_key);
        command.args(arguments).current_dir(self.home.path()).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What it prints, where it succeeds.
    pub(crate) async fn run(&self, arguments: &[&str]) -> (String, String) {
        let output = self.command(arguments).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{arguments:?}: {stdout}{stderr}");
        (stdout, stderr)
    }

    /// What it complains of, where it fails.
    pub(crate) async fn fails(&self, arguments: &[&str]) -> String {
        let output = tokio::time::timeout(LONG, self.command(arguments).output()).await.expect("it ends").unwrap();
        assert!(!output.status.success(), "{arguments:?} succeeded");
        assert!(output.stdout.is_empty(), "{arguments:?} prints to standard output");
        String::from_utf8(output.stderr).unwrap()
    }
}

pub(crate) async fn line(lines: &mut Lines<BufReader<impl AsyncRead + Unpin>>) -> Option<String> {
    tokio::time::timeout(LONG, lines.next_line()).await.expect("a line in time").unwrap()
}

/// The server over stdio, spoken to in lines.
pub(crate) struct Pipe {
    pub(crate) child: Child,
    pub(crate) input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    pub(crate) errors: Lines<BufReader<ChildStderr>>,
}

impl Pipe {
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let errors = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { input: child.stdin.take(), child, output, errors }
    }

    /// After the handshake.
    pub(crate) async fn ready(command: Command) -> Self {
        let mut server = Self::spawn(command);
        server.send(initialize()).await;
        let answer = server.receive().await;
        assert_eq!(answer["result"]["serverInfo"]["name"], "lumetra-engram", "{answer}");
        server.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        server
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.input.as_mut().unwrap().write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    pub(crate) async fn request(&mut self, id: u64, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
    }

    pub(crate) async fn call(&mut self, id: u64, name: &str, arguments: Value) {
        self.request(id, "tools/call", json!({ "name": name, "arguments": arguments })).await;
    }

    /// The next line, which is a message whatever happens.
    pub(crate) async fn receive(&mut self) -> Value {
        let line = line(&mut self.output).await.expect("another line");
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        message
    }

    /// Closes its input, and waits for its end: whether it succeeded, and what it still printed.
    pub(crate) async fn close(mut self) -> (bool, Vec<String>) {
        drop(self.input.take());
        let mut rest = Vec::new();
        while let Some(line) = line(&mut self.output).await {
            rest.push(line);
        }
        let status = tokio::time::timeout(LONG, self.child.wait()).await.expect("it ends").unwrap();
        (status.success(), rest)
    }
}

pub(crate) fn initialize() -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } })
}

pub(crate) fn text(result: &Value) -> &str {
    result["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {result}"))
}
