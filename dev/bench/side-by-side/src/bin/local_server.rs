//! The local server, as `engram-local` runs it. It prints its base URL, and ends when its input does.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use lumetra_engram_local::LocalServer;
use tokio::io::{copy, sink, stdin};

#[derive(Parser)]
struct Arguments {
    /// The file of its database; without one it has all in memory
    #[arg(long)]
    database: Option<PathBuf>,
    /// How many requests it takes at once
    #[arg(long)]
    at_once: Option<usize>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut builder = LocalServer::builder();
    builder = match arguments.database {
        Some(file) => builder.database(file),
        None => builder.in_memory(),
    };
    if let Some(requests) = arguments.at_once {
        builder = builder.max_concurrent_requests(requests);
    }
    let server = builder.start().await?;
    println!("{}", server.base_url());
    copy(&mut stdin(), &mut sink()).await?;
    server.shutdown().await;
    Ok(())
}
