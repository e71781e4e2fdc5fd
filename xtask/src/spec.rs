//! `cargo xtask spec`: the description is valid, in two independent validators.

use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{SPEC, root, run, work_directory};
use crate::python;

const OPENAPI_SPEC_VALIDATOR: &str = "openapi-spec-validator==0.9.0";
const REDOCLY: &str = "@redocly/cli@2.77.0";

pub(crate) fn validate() -> Result<()> {
    openapi_spec_validator()?;
    redocly()
}

fn openapi_spec_validator() -> Result<()> {
    let programs = python::environment(&work_directory("spec")?.join("python"), &[OPENAPI_SPEC_VALIDATOR])?;
    run(Command::new(programs.join("openapi-spec-validator")).arg(root().join(SPEC)))
}

/// Redocly's linter with its recommended rules, whose warnings are errors too.
fn redocly() -> Result<()> {
    let directory = work_directory("spec")?.join("node");
    std::fs::create_dir_all(&directory)?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let install = ["install", "--silent", "--no-audit", "--no-fund", "--prefix"];
    run(Command::new(npm).args(install).arg(&directory).arg(REDOCLY))
        .context("this task needs Node 20 or newer with npm")?;
    let redocly = directory.join("node_modules/.bin").join(if cfg!(windows) { "redocly.cmd" } else { "redocly" });
    run(Command::new(redocly)
        .args(["lint", "--extends", "recommended-strict", "--format", "stylish"])
        .arg(root().join(SPEC))
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"))
}
