//! The program `engram-local`: the server on the command line.

// They panic where nothing can be written.
#![warn(clippy::print_stderr, clippy::print_stdout)]

use std::process::ExitCode;

use clap::FromArgMatches;
use lumetra_engram_local::program::{Options, command, run};

#[tokio::main]
async fn main() -> ExitCode {
    match Options::from_arg_matches(&command().get_matches()) {
        Ok(options) => run(options).await,
        Err(error) => error.exit(),
    }
}
