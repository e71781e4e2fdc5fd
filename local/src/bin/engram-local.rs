//! The program `engram-local`: the server on the command line.

// They panic where nothing can be written.
#![warn(clippy::print_stderr, clippy::print_stdout)]

use std::process::ExitCode;

use clap::Parser;
use lumetra_engram_local::program::{Options, run};

const EXAMPLES: &str = "\
Examples:
  engram-local --database ~/memories.db
  engram-local --in-memory --listen 127.0.0.1:0
  engram-local backup --database ~/memories.db ~/memories-backup.db
  engram-local stats --database ~/memories.db";

/// An Engram-compatible memory server on this machine, to develop and test against.
///
/// It speaks the HTTP API of the hosted service. Without a language model it answers by quoting the memories that match best.
#[derive(Debug, Parser)]
#[command(version, before_help = EXAMPLES)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    run(Arguments::parse().options).await
}
