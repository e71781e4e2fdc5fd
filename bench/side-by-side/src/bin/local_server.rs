//! The local server on a file, as `engram-local` runs it. It prints its base URL, and ends when its input does.

use anyhow::{Context, Result};
use lumetra_engram_local::LocalServer;
use tokio::io::{copy, sink, stdin};

#[tokio::main]
async fn main() -> Result<()> {
    let file = std::env::args_os().nth(1).context("name the file of the database")?;
    let server = LocalServer::builder().database(file).start().await?;
    println!("{}", server.base_url());
    copy(&mut stdin(), &mut sink()).await?;
    server.shutdown().await;
    Ok(())
}
