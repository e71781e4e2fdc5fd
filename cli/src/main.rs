//! The program `lumetra-engram`: a memory for agents, from the command line.

// They panic where nothing can be written.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod connection;
mod failure;
mod hook;
mod mcp;
mod project;

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
    /// Serve the memory to an MCP client, such as Claude Code, Cursor, Zed, goose, Codex or VS Code
    Mcp(mcp::Options),
    /// Print what an agent's session should know, for the hooks of coding agents
    Hook(hook::Options),
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
    let connection = arguments.connection;
    match arguments.command {
        Command::Mcp(options) => mcp::run(options, &connection).await?,
        Command::Hook(options) => hook::run(options, &connection).await,
        Command::Buckets => {
            let engram = connection.client()?;
            for bucket in engram.list_buckets().await? {
                writeln!(std::io::stdout(), "{}", bucket.name)?;
            }
        }
    }
    Ok(())
}
