//! Plays cases to the official Python client, each in a process of its own.
//!
//! Less is required of it than of ours: an error must be its documented one and have the status of a refusal; nothing else is checked.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use lumetra_engram_faults::{
    Case, Column, Expected, Failure, KEY, Observation, Outcome, READ_FOR, Stage, cell, complaints_but,
};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;

/// How many cases are played at once. Most of them wait.
const AT_ONCE: usize = 16;
/// How much longer than the call may take its process is waited for, which has to start.
const GRACE: Duration = Duration::from_secs(5);
const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/official_client.py");

/// What it makes of each case, played with this Python interpreter, whose environment has the client.
pub(crate) async fn play(python: &Path, cases: Vec<Case>) -> Result<Column> {
    stream::iter(cases).map(|case| ask(python, case)).buffered(AT_ONCE).try_collect().await
}

async fn ask(python: &Path, case: Case) -> Result<((String, String), String)> {
    if case.only_ours.is_some() {
        return Ok(cell(&case, None));
    }
    let seen = observe(python, &case).await?;
    Ok(cell(&case, Some(&complaints_but(&case, &seen, other_status))))
}

/// Only where the server refused is the status the point, and every client's error has it.
fn other_status(expected: &Failure, seen: &Outcome) -> Vec<String> {
    match seen {
        Outcome::Raised { status, .. } if expected.variant == "Api" && *status != expected.status => {
            vec![format!("the status {status:?}, not {:?}", expected.status)]
        }
        _ => Vec::new(),
    }
}

/// What the driver prints.
#[derive(Debug, Deserialize)]
struct Report {
    #[serde(flatten)]
    outcome: Outcome,
    deltas: Vec<String>,
    seconds: f64,
}

async fn observe(python: &Path, case: &Case) -> Result<Observation> {
    let stage = Stage::set(&case.scene).await;
    let url = if case.settings.https { stage.url().replace("http:", "https:") } else { stage.url().to_owned() };
    let task = json!({
        "url": url,
        "key": KEY,
        "first": case.first,
        "call": case.call,
        // It has one timeout for both.
        "timeout": case.settings.timeout.min(case.settings.connect_timeout).as_secs_f64(),
        "retries": case.settings.max_retries_on_429,
    });
    let start = Instant::now();
    let mut command = Command::new(python);
    command.arg(DRIVER).arg(task.to_string()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let process = command.spawn().context("cannot run Python")?;
    let stays_open = matches!(case.expected, Expected::StaysOpen);
    let patience = if stays_open { READ_FOR } else { case.takes.end } + GRACE;
    let Report { outcome, deltas, seconds } = match timeout(patience, process.wait_with_output()).await {
        Ok(output) => {
            let output = output?;
            let problem = || format!("{}: no report: {}", case.name, String::from_utf8_lossy(&output.stderr));
            serde_json::from_slice(&output.stdout).with_context(problem)?
        }
        Err(_) => {
            let outcome = if stays_open { Outcome::StayedOpen } else { Outcome::Hung };
            Report { outcome, deltas: Vec::new(), seconds: start.elapsed().as_secs_f64() }
        }
    };
    let (requests, strayed) = (stage.requests().len(), stage.connections_of_stranger());
    Ok(Observation { outcome, deltas, requests, strayed, time: Duration::from_secs_f64(seconds) })
}
