//! openapi-spec-validator: a validator that shares no code with Redocly. It holds the file against the JSON Schema of OpenAPI.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::project::work_directory;
use crate::python;

pub(crate) const NAME: &str = "openapi-spec-validator";
const PACKAGE: &str = "openapi-spec-validator==0.9.0";

pub(crate) fn validate(file: &Path) -> Result<()> {
    let program = python::environment(&work_directory("check")?.join("python"), &[PACKAGE])?.join(NAME);
    let output = Command::new(program).args(["--subschema-errors", "best-match"]).arg(file).output()?;
    let printed = [output.stdout, output.stderr].concat();
    ensure!(output.status.success(), "{NAME}: {}", String::from_utf8_lossy(&printed));
    Ok(())
}
