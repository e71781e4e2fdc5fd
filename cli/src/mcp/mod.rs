//! `mcp`: the memory tools for every client of the Model Context Protocol.

// In layers: a file imports only from those above its own.
mod reply;

mod prompts;

mod server;

mod http;
mod install;
mod stdio;

use std::io::{self, Write};
use std::net::SocketAddr;

use clap::{Args, Subcommand};
use lumetra_engram_tools::MemoryTools;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::project;
use server::MemoryServer;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram mcp install claude-code
  lumetra-engram mcp --bucket work --read-only
  lumetra-engram mcp --http 127.0.0.1:8808";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    setup: Option<Setup>,
    #[command(flatten)]
    project: project::Project,
    /// Offer only the tools that change nothing
    #[arg(long)]
    read_only: bool,
    /// Offer clear_memories, which deletes all of a bucket
    #[arg(long, conflicts_with = "read_only")]
    allow_clear: bool,
    /// Serve over HTTP, on an IP address and a port such as 127.0.0.1:8808, instead of standard input and output
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    #[command(flatten)]
    access: http::Access,
}

#[derive(Debug, Subcommand)]
enum Setup {
    /// Add this program to the configuration of an MCP client
    #[command(before_help = install::EXAMPLES)]
    Install(install::Options),
    /// Remove this program from the configuration of an MCP client
    #[command(before_help = install::EXAMPLES)]
    Uninstall(install::Client),
}

pub(crate) async fn run(options: Options, connection: &Connection) -> Result<(), Failure> {
    match options.setup {
        Some(Setup::Install(install)) => return install.run(),
        Some(Setup::Uninstall(client)) => return client.uninstall(),
        None => log_to_stderr(),
    }
    let bucket = options.project.bucket()?;
    let tools = MemoryTools::new(connection.client()?).bucket(&bucket.name);
    let server =
        MemoryServer::new(tools.read_only(options.read_only).allow_clear(options.allow_clear), options.read_only);
    writeln!(io::stderr(), "bucket {:?}, {}", bucket.name, bucket.source)?;
    match options.http {
        Some(address) => http::serve(server, address, options.access).await,
        None => stdio::serve(server).await,
    }
}

/// Standard output is for the protocol alone.
fn log_to_stderr() {
    let asked = std::env::var("RUST_LOG").ok().and_then(|filter| filter.parse().ok());
    let filter = asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(io::stderr);
    // Where there is a log already, that one is used.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}
