//! `cargo xtask mcp`: independent clients of the Model Context Protocol use the server of `lumetra-engram`: the official Python SDK and
//! the official inspector list and call every tool, and the official conformance scenarios that apply pass. rmcp's own client does it
//! in the tests of cli/.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::project::{json, output, root, run, work_directory};
use crate::server::{self, Server};
use crate::{node, python};

const PYTHON_SDK: &str = "mcp==2.3.0";
const INSPECTOR: &str = "@modelcontextprotocol/inspector@2.12.0";
const CONFORMANCE: &str = "@modelcontextprotocol/conformance@0.1.16";
/// Those that ask for nothing but what this server has. The others want tools that are made for them.
const SCENARIOS: [&str; 6] =
    ["server-initialize", "ping", "tools-list", "resources-list", "prompts-list", "dns-rebinding-protection"];
/// The calls of both clients: every tool, and what its answer shows.
const CALLS: &str = "xtask/mcp/calls.json";
/// As the server is started for them.
const SERVED: [&str; 4] = ["mcp", "--allow-clear", "--bucket", "notes"];

pub(crate) fn check() -> Result<()> {
    let directory = work_directory("mcp")?;
    let local = Server::start(&[])?;
    let memory = Memory { program: server::build("lumetra-engram")?, base_url: local.base_url.clone() };
    python_sdk(&memory)?;
    let packages = node::packages(&directory.join("node"), &[INSPECTOR, CONFORMANCE])?;
    let node = node::node_22(&directory.join("node-22"))?;
    let program = |name| {
        let mut command = Command::new(&node);
        command.arg(packages.program(name));
        command
    };
    inspector(&|| program("mcp-inspector"), &memory)?;
    conformance(&|| program("conformance"), &memory)
}

/// The program that is checked, and the server that it asks.
pub(crate) struct Memory {
    pub(crate) program: PathBuf,
    pub(crate) base_url: String,
}

impl Memory {
    fn environment(&self) -> [(&'static str, &str); 2] {
        [("ENGRAM_API_KEY", "local"), ("ENGRAM_BASE_URL", &self.base_url)]
    }
}

#[derive(Deserialize)]
struct Call {
    tool: String,
    arguments: Map<String, Value>,
    shows: String,
}

/// The official Python SDK starts the program, and calls every tool.
pub(crate) fn python_sdk(memory: &Memory) -> Result<()> {
    let programs = python::environment(&work_directory("mcp")?.join("python"), &[PYTHON_SDK])?;
    run(Command::new(programs.join("python"))
        .arg(root().join("xtask/mcp/python_client.py"))
        .arg(root().join(CALLS))
        .arg(&memory.program)
        .args(SERVED)
        .envs(memory.environment()))
}

fn inspector(program: &dyn Fn() -> Command, memory: &Memory) -> Result<()> {
    let calls: Vec<Call> = json(&fs::read(root().join(CALLS))?)?;
    // It hands on no variables but those that are named.
    let ask = |arguments: &[&str]| -> Result<Value> {
        let mut command = program();
        command.arg("--cli");
        for (name, value) in memory.environment() {
            command.arg("-e").arg(format!("{name}={value}"));
        }
        json(&output(command.arg(&memory.program).args(SERVED).args(arguments))?.stdout)
    };
    let listed = ask(&["--method", "tools/list", "--strict"])?;
    let tools = listed["tools"].as_array().context("the inspector lists no tools")?;
    let listed: BTreeSet<_> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    let called: BTreeSet<_> = calls.iter().map(|call| call.tool.as_str()).collect();
    ensure!(listed == called, "the inspector lists {listed:?}, and {CALLS} has {called:?}");

    let mut stored = String::new();
    for Call { tool, arguments, shows } in &calls {
        let arguments: Vec<_> = arguments.iter().map(|(name, value)| argument(name, value, &stored)).collect();
        let mut call = vec!["--method", "tools/call", "--tool-name", tool];
        call.extend(arguments.iter().flat_map(|argument| ["--tool-arg", argument]));
        let result = ask(&call)?;
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        ensure!(text.contains(shows), "{tool} answers the inspector without {shows:?}: {result}");
        if let Some(id) = result["structuredContent"]["memory_id"].as_str() {
            stored = id.to_owned();
        }
    }
    println!("the inspector listed and called {} tools", listed.len());
    Ok(())
}

fn argument(name: &str, value: &Value, stored: &str) -> String {
    match value.as_str() {
        Some("STORED") => format!("{name}={stored}"),
        Some(text) => format!("{name}={text}"),
        None => format!("{name}={value}"),
    }
}

fn conformance(program: &dyn Fn() -> Command, memory: &Memory) -> Result<()> {
    // It says where it is on the error stream.
    let mut command = Command::new("sh");
    command.args(["-c", r#"exec "$0" "$@" 2>&1"#]).arg(&memory.program).args(SERVED).args(["--http", "127.0.0.1:0"]);
    let serving = Server::run(command.envs(memory.environment()))?;
    for scenario in SCENARIOS {
        run(program().args(["server", "--url", &serving.base_url, "--scenario", scenario]))?;
    }
    Ok(())
}
