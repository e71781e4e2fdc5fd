//! `cargo xtask conformance`: public clients of the API, unchanged, do what they can against the local server and read back what they
//! stored. A proxy between the two holds every request and answer against the spec. It shows that the spec and the server
//! are the real API's and not our idea of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use lumetra_engram_spec::Exchange;

use crate::project::{root, run, work_directory};
use crate::python;
use crate::server::Server;

/// A public client, and what drives it.
struct Client {
    /// The package that brings it, and its version.
    package: &'static str,
    python: Python,
    /// The program in xtask/conformance that drives it. It fails where the client does not get what it should.
    program: &'static str,
    /// The operations that it must be seen to call.
    calls: &'static [&'static str],
}

/// What a client runs in.
enum Python {
    /// An environment with nothing but the client and what it asks for.
    Own,
    /// The environment of xtask/conformance/requirements.txt, which names the client too.
    Shared,
}

/// All that there were when the official clients were written.
const OFFICIAL: &[&str] = &[
    "store_memory",
    "list_memories",
    "delete_memory",
    "clear_memories",
    "query",
    "list_buckets",
    "create_bucket",
    "delete_bucket",
    "get_profile",
    "regenerate_profile",
];

/// What integrations offer to agents.
const MEMORY: &[&str] = &["store_memory", "list_memories", "delete_memory", "clear_memories", "query", "list_buckets"];

const CLIENTS: &[Client] = &[
    official("lumetra-engram==0.2.1"),
    official("lumetra-engram==0.5.1"),
    integration("llm-engram==0.1.1", "llm_plugin.py"),
    integration("pipecat-engram==0.1.0", "pipecat_memory.py"),
    integration("agent-framework-engram==0.1.1", "agent_framework_memory.py"),
    integration("llama-index-memory-engram==0.1.2", "llama_index_memory.py"),
];

const fn official(package: &'static str) -> Client {
    Client { package, python: Python::Own, program: "official_client.py", calls: OFFICIAL }
}

const fn integration(package: &'static str, program: &'static str) -> Client {
    Client { package, python: Python::Shared, program, calls: MEMORY }
}

pub(crate) fn check() -> Result<()> {
    let mut summaries = Vec::new();
    let mut failed = 0;
    for client in CLIENTS {
        let (summary, problems) = try_client(client)?;
        problems.iter().for_each(|problem| eprintln!("{}: {problem}", client.package));
        failed += usize::from(!problems.is_empty());
        summaries.push(summary);
    }
    println!("{}", summaries.join("\n"));
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {} clients do not get on with the spec or the server: see above", CLIENTS.len()),
    }
}

/// Runs the client against a server of its own. Returns what was seen in a line, and what was wrong.
fn try_client(client: &Client) -> Result<(String, Vec<String>)> {
    let python = match client.python {
        Python::Own => python::client(client.package)?,
        Python::Shared => shared_python(client.package)?,
    };
    let report = work_directory("conformance")?.join("report.jsonl");
    let server = Server::start(&[])?;
    let proxy = Server::checked(&server.base_url, &report)?;
    let ran = run(Command::new(python)
        .arg(root().join("xtask/conformance").join(client.program))
        .env("ENGRAM_BASE_URL", &proxy.base_url)
        .env("ENGRAM_API_KEY", "eng_live_conformance")
        // A proxy of this machine has no part in it.
        .envs([("NO_PROXY", "127.0.0.1"), ("no_proxy", "127.0.0.1"), ("PYTHONDONTWRITEBYTECODE", "1")]));
    drop((proxy, server));
    let seen = read_report(&report)?;
    let (summary, mut problems) = judge(client, &seen);
    problems.extend(ran.err().map(|error| format!("{error:#}")));
    Ok((summary, problems))
}

/// The interpreter of the environment that several clients share.
fn shared_python(package: &str) -> Result<PathBuf> {
    let requirements = "xtask/conformance/requirements.txt";
    let text = fs::read_to_string(root().join(requirements)).with_context(|| format!("cannot read {requirements}"))?;
    let pins = || text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    ensure!(pins().any(|pin| pin == package), "{package} is not in {requirements}");
    // Their frameworks ask for far more than the clients use.
    let arguments: Vec<_> = std::iter::once("--no-deps").chain(pins()).collect();
    Ok(python::environment(&work_directory("conformance")?.join("shared"), &arguments)?.join("python"))
}

fn read_report(path: &Path) -> Result<Vec<Exchange>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let exchange = |line| serde_json::from_str(line).with_context(|| format!("not a line of a report: {line}"));
    text.lines().map(exchange).collect()
}

/// The operations that the client called and got an answer from.
fn operations(seen: &[Exchange]) -> BTreeSet<&str> {
    let answered = seen.iter().filter(|exchange| exchange.status.is_some());
    answered.filter_map(|exchange| exchange.operation.as_deref()).collect()
}

/// What was seen in a line, and what is wrong, each thing once, with how often it was seen.
fn judge(client: &Client, seen: &[Exchange]) -> (String, Vec<String>) {
    let mut counted = BTreeMap::<String, usize>::new();
    for exchange in seen {
        let failure = exchange.failure.as_ref().map(|failure| format!("{}: {failure}", exchange.request));
        for problem in exchange.mismatches.iter().map(ToString::to_string).chain(failure) {
            *counted.entry(problem).or_default() += 1;
        }
    }
    let mut problems: Vec<_> = counted.iter().map(|(problem, times)| format!("{problem} (seen: {times})")).collect();
    let called = operations(seen);
    let missing = client.calls.iter().filter(|operation| !called.contains(*operation));
    problems.extend(missing.map(|operation| format!("it was to call {operation}, and did not")));
    let summary = format!(
        "{}: requests checked: {}, operations seen: {}, mismatches: {}",
        client.package,
        seen.len(),
        called.len(),
        counted.values().sum::<usize>()
    );
    (summary, problems)
}

#[cfg(test)]
mod tests {
    use lumetra_engram_spec::{Finding, Message, Mismatch};

    use super::*;

    const CLIENT: Client =
        Client { package: "some-client==1.0", python: Python::Own, program: "some_client.py", calls: &["query"] };

    #[test]
    fn the_page_of_the_spec_names_every_client_and_version() {
        let page = fs::read_to_string(root().join("openapi/WORKING.md")).unwrap();
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| `")).collect();
        for Client { package, .. } in CLIENTS {
            let (name, version) = package.split_once("==").unwrap();
            let names = |row: &&&str| row.starts_with(&format!("| `{name}`")) && row.contains(&format!(" {version}"));
            assert_eq!(
                rows.iter().filter(names).count(),
                1,
                "openapi/WORKING.md does not say that {package} was checked"
            );
        }
    }

    fn exchange(path: &str) -> Exchange {
        let operation = "query".to_owned();
        let finding = Finding { path: path.to_owned(), problem: "is not in the spec".to_owned() };
        let mismatch = Mismatch { operation: operation.clone(), message: Message::Request, finding };
        Exchange { operation: Some(operation), status: Some(200), mismatches: vec![mismatch], ..Exchange::default() }
    }

    #[test]
    fn each_mismatch_is_named_once() {
        let (summary, problems) = judge(&CLIENT, &[exchange("/body/novel"), exchange("/body/novel")]);
        assert_eq!(problems, ["query request /body/novel: is not in the spec (seen: 2)"]);
        assert_eq!(summary, "some-client==1.0: requests checked: 2, operations seen: 1, mismatches: 2");
    }

    #[test]
    fn an_operation_that_gets_no_answer_is_a_problem() {
        let (request, failure) = ("POST /v1/query".to_owned(), Some("nobody is there".to_owned()));
        let unanswered = Exchange { request, failure, ..Exchange::default() };
        let expected = ["POST /v1/query: nobody is there (seen: 1)", "it was to call query, and did not"];
        assert_eq!(judge(&CLIENT, &[unanswered]).1, expected);
        assert_eq!(judge(&CLIENT, &[]).1, ["it was to call query, and did not"]);
    }
}
