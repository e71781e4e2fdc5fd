//! A proxy in front of an Engram server, which reports where requests and responses are not what openapi/engram.yaml says. It prints its
//! base URL, and ends when its input does.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use http::uri::Authority;
use lumetra_engram_proxy::proxy;
use lumetra_engram_spec::Spec;
use tokio::io::{copy, sink, stdin};
use tokio::net::TcpListener;

/// Passes requests and responses on as they are, and checks both.
#[derive(Debug, Parser)]
struct Arguments {
    /// The address of the server, as in 127.0.0.1:7878
    #[arg(long, value_name = "ADDRESS")]
    upstream: Authority,
    /// The file to write what was seen to, emptied first: a line of JSON for each request
    #[arg(long, value_name = "FILE")]
    report: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { upstream, report } = Arguments::parse();
    let spec = Spec::of_engram().context("openapi/engram.yaml cannot be checked against")?;
    let file = File::create(&report).with_context(|| format!("cannot write the report {}", report.display()))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    tokio::select! {
        served = axum::serve(listener, proxy(spec, upstream, file)).into_future() => served?,
        ended = async { copy(&mut stdin(), &mut sink()).await } => drop(ended?),
    }
    Ok(())
}
