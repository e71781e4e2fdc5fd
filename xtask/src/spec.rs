//! `cargo xtask spec`: the description is valid, in two independent validators.

use std::process::Command;

use anyhow::Result;

use crate::project::{SPEC, root, run, work_directory};
use crate::{node, python};

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
    let redocly = node::packages(&work_directory("spec")?.join("node"), &[REDOCLY])?.program("redocly");
    run(Command::new(redocly)
        .args(["lint", "--extends", "recommended-strict", "--format", "stylish"])
        .arg(root().join(SPEC))
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"))
}
