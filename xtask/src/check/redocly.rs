//! Redocly's linter with the rules of redocly.yaml, whose warnings are errors too.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::node;
use crate::project::{root, work_directory};

const PACKAGE: &str = "@redocly/cli@2.77.0";
pub(crate) const CONFIGURATION: &str = "redocly.yaml";

/// What Redocly says of a file.
#[derive(Debug)]
pub(crate) struct Complaint {
    /// The name of the file in its folder.
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) rule: String,
    pub(crate) message: String,
}

pub(crate) fn validate(files: &[PathBuf]) -> Result<Vec<Complaint>> {
    let redocly = node::packages(&work_directory("check")?.join("node"), &[PACKAGE])?.program("redocly");
    let mut command = Command::new(redocly);
    command.args(["lint", "--format", "json", "--config"]).arg(root().join(CONFIGURATION)).args(files);
    command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    let output = command.output().context("cannot run Redocly")?;
    // It prints one report for each file.
    let reports = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let reports = reports.collect::<Result<Vec<_>, _>>().context("Redocly does not print its reports as JSON")?;
    let printed = String::from_utf8_lossy(&output.stderr);
    ensure!(reports.len() == files.len(), "Redocly reports on {} of {} files:\n{printed}", reports.len(), files.len());
    ensure!(!printed.contains("Your config has"), "{CONFIGURATION} is not right:\n{printed}");
    reports.iter().flat_map(|report| report["problems"].as_array().into_iter().flatten()).map(complaint).collect()
}

fn complaint(problem: &Value) -> Result<Complaint> {
    let text = |pointer: &str| problem.pointer(pointer).and_then(Value::as_str);
    let file = text("/location/0/source/ref").and_then(|file| Path::new(file).file_name());
    Ok(Complaint {
        file: file.context("Redocly reports no file")?.to_string_lossy().into_owned(),
        line: problem.pointer("/location/0/start/line").and_then(Value::as_u64).context("Redocly reports no line")?,
        rule: text("/ruleId").context("Redocly reports no rule")?.to_owned(),
        message: text("/message").context("Redocly says nothing")?.to_owned(),
    })
}
