//! `cargo xtask faults`: what this client and the official Python client make of a server that misbehaves.

use std::process::Command;

use anyhow::Result;

use crate::project::{root, run};
use crate::{python, server};

/// What to play, and to whom.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Test the official Python client, and write its column of the table (needs Python)
    #[arg(long)]
    official: bool,
    /// Run only the cases whose name contains this text, and print them
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

pub(crate) fn play(options: &Options) -> Result<()> {
    let mut command = Command::new(server::build("lumetra-engram-faults")?);
    command.arg("--table").arg(root().join("dev/faults/TABLE.md"));
    if options.official {
        command.arg("--official").arg(python::official_client("0.5.1")?);
    }
    if let Some(text) = &options.only {
        command.args(["--only", text]);
    }
    run(&mut command)
}
