//! The program `lumetra-engram`: a memory for agents, from the command line.

// They panic where nothing can be written.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod connection;
mod failure;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use connection::Connection;
use failure::Failure;

/// Engram from the command line: a durable memory for AI agents.
#[derive(Debug, Parser)]
#[command(name = "lumetra-engram", version)]
struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the buckets
    Buckets,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            failure.exit_code()
        }
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<(), Failure> {
    let engram = arguments.connection.client()?;
    match arguments.command {
        Command::Buckets => {
            for bucket in engram.list_buckets().await? {
                writeln!(std::io::stdout(), "{}", bucket.name)?;
            }
        }
    }
    Ok(())
}
