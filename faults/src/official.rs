//! What the official Python client makes of a case.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;

use crate::case::{Case, Expected};
use crate::observation::{Observation, Outcome, READ_FOR};
use crate::server::KEY;
use crate::stage::Stage;

/// How much longer than the call may take its process is waited for, which has to start.
const GRACE: Duration = Duration::from_secs(5);
const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/official_client.py");

/// The official client, in a Python environment that has it.
#[derive(Clone, Debug)]
pub struct Official {
    /// The Python interpreter.
    pub python: PathBuf,
}

/// What the driver prints.
#[derive(Debug, Deserialize)]
struct Report {
    #[serde(flatten)]
    outcome: Outcome,
    deltas: Vec<String>,
    seconds: f64,
}

impl Official {
    /// Plays the case to it, in a process of its own.
    ///
    /// # Errors
    ///
    /// Where the process cannot be run or does not report.
    pub async fn observe(&self, case: &Case) -> Result<Observation> {
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
        let process = Command::new(&self.python)
            .arg(DRIVER)
            .arg(task.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot run Python")?;
        let stays_open = matches!(case.expected, Expected::StaysOpen);
        let patience = if stays_open { READ_FOR } else { case.takes.end } + GRACE;
        let report = match timeout(patience, process.wait_with_output()).await {
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
        Ok(Observation {
            outcome: report.outcome,
            deltas: report.deltas,
            requests: stage.requests().len(),
            strayed: stage.connections_of_stranger(),
            time: Duration::from_secs_f64(report.seconds),
        })
    }
}
