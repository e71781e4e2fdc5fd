//! Redocly's linter with its recommended rules, whose warnings are errors too.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Complaint;
use crate::node;
use crate::project::work_directory;

const PACKAGE: &str = "@redocly/cli@2.77.0";

pub(crate) fn validate(folder: &Path, files: &[String]) -> Result<Vec<Complaint>> {
    let redocly = node::packages(&work_directory("check")?.join("node"), &[PACKAGE])?.program("redocly");
    let mut command = Command::new(redocly);
    command.args(["lint", "--extends", "recommended-strict", "--format", "json"]).args(files).current_dir(folder);
    command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    let output = command.output().context("cannot run Redocly")?;
    // It prints one report for each file.
    let reports = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let reports = reports.collect::<Result<Vec<_>, _>>().context("Redocly does not print its reports as JSON")?;
    let printed = String::from_utf8_lossy(&output.stderr);
    ensure!(reports.len() == files.len(), "Redocly reports on {} of {} files:\n{printed}", reports.len(), files.len());
    reports.iter().flat_map(|report| report["problems"].as_array().into_iter().flatten()).map(complaint).collect()
}

fn complaint(problem: &Value) -> Result<Complaint> {
    let text = |pointer: &str| problem.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Ok(Complaint {
        file: text("/location/0/source/ref").context("Redocly names no file")?,
        line: problem.pointer("/location/0/start/line").and_then(Value::as_u64).context("Redocly names no line")?,
        rule: text("/ruleId").context("Redocly names no rule")?,
        message: text("/message").context("Redocly says nothing")?,
    })
}
