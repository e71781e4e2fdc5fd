//! `cargo xtask faults`: what this client and the official Python client make of a server that misbehaves.

use anyhow::Result;

use crate::project::{cargo, root, run};
use crate::python;

const TABLE: &str = "faults/TABLE.md";

/// Plays the cases and writes the table, or compares it, for which the official client is not needed. `only` selects cases, which
/// are printed.
pub(crate) fn play(check: bool, only: Option<&str>) -> Result<()> {
    let mut command = cargo(root(), &["run", "--quiet", "--package", "lumetra-engram-faults", "--"]);
    command.arg("--table").arg(root().join(TABLE));
    if check {
        command.arg("--check");
    } else {
        command.arg("--python").arg(python::official_client("0.5.1")?);
    }
    if let Some(text) = only {
        command.args(["--only", text]);
    }
    run(&mut command)
}
