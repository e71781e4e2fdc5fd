//! The program `engram-local`: the server on the command line.

// They panic where nothing can be written.
#![warn(clippy::print_stderr, clippy::print_stdout)]

use std::process::ExitCode;

use clap::Parser;
use lumetra_engram_local::program::{Options, run};

/// An Engram-compatible memory server on this machine, to develop and test against.
///
/// It speaks the HTTP API of the hosted service. Without a language model it answers by quoting the memories that match best.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    run(Arguments::parse().options).await
}
