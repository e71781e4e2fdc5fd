//! `cargo xtask faults`: what this client and the official Python client make of a server that misbehaves.

use anyhow::Result;

use crate::project::{cargo, root, run};
use crate::python;

const TABLE: &str = "faults/TABLE.md";

/// Plays the cases and writes the table, or compares it. `only` selects cases, which are printed.
pub(crate) fn play(check: bool, only: Option<&str>) -> Result<()> {
    let python = python::official_client("0.5.1")?;
    let mut command = cargo(root(), &["run", "--quiet", "--package", "lumetra-engram-faults", "--"]);
    command.arg("--python").arg(python).arg("--table").arg(root().join(TABLE));
    if check {
        command.arg("--check");
    }
    if let Some(text) = only {
        command.args(["--only", text]);
    }
    run(&mut command)
}
