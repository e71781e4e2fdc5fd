//! Plays every case to the official Python client, each in a process of its own, and writes its column of the table.
//!
//! It is held to less than ours: an error must be its own documented one and tell the status of a refusal; nothing else of it is looked at.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use futures_util::{StreamExt, TryStreamExt, stream};
use lumetra_engram_faults::{
    Case, Column, Expected, Failure, KEY, Observation, Outcome, READ_FOR, Stage, all, cell, complaints_but, with_column,
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

#[derive(Debug, Parser)]
struct Arguments {
    /// The Python interpreter of an environment with the official client
    #[arg(long)]
    python: PathBuf,
    /// Where the table is
    #[arg(long)]
    table: PathBuf,
    /// Play only the cases that hold this text in their name, and print what is wrong in place of writing the table
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { python, table, only } = Arguments::parse();
    let cases = all().into_iter().filter(|case| only.as_ref().is_none_or(|text| case.name.contains(text)));
    let play = |case| ask(&python, case);
    let column: Column = stream::iter(cases).map(play).buffered(AT_ONCE).try_collect().await?;
    if only.is_some() {
        column.iter().for_each(|((part, case), cell)| println!("{part}, {case}: {cell}"));
        return Ok(());
    }
    let written = std::fs::read_to_string(&table).context("the table cannot be read")?;
    std::fs::write(&table, with_column(&written, &column)).context("the table cannot be written")
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
