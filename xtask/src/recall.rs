//! `cargo xtask recall`: what share of questions finds its memories.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::project::{cargo, root, run, target_directory};
use crate::server;

const PROGRAM: &str = "lumetra-engram-recall";

/// What the program takes, which says it itself.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// What to measure, and with what; --help says more
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<OsString>,
}

/// Measures with an optimised program: an endpoint's model takes long enough.
pub(crate) fn measure(options: &Options) -> Result<()> {
    run(&mut cargo(root(), &["build", "--quiet", "--release", "--package", PROGRAM]))?;
    let program = target_directory()?.join("release").join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
    run(Command::new(program).args(&options.options))
}

/// The check. It takes the program that the tests compiled.
pub(crate) fn check() -> Result<()> {
    run(Command::new(server::build(PROGRAM)?).arg("--check"))
}
