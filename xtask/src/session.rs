//! `cargo xtask session`: a session of `lumetra-engram` in a terminal, as the picture that the READMEs show.

use std::process::Command;

use anyhow::Result;

use crate::project::{root, run, work_directory};
use crate::{python, server};

/// Draws what a terminal shows.
const RICH: &str = "rich==15.0.0";

pub(crate) fn record() -> Result<()> {
    let program = server::build("lumetra-engram")?;
    let programs = python::environment(&work_directory("session")?.join("python"), &[RICH])?;
    let mut script = Command::new(programs.join("python"));
    run(script.arg(root().join("xtask/session/record.py")).arg(program).arg(root().join("cli/session.svg")))
}
