//! A proxy in front of an Engram server, which reports where requests and answers are not what openapi/engram.yaml says. It prints its
//! base URL, and ends when its input does.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use http::Uri;
use http::uri::{Authority, Scheme};
use lumetra_engram_spec::{Spec, proxy};
use tokio::io::{copy, sink, stdin};
use tokio::net::TcpListener;

/// Passes requests and answers on as they are, and checks both.
#[derive(Debug, Parser)]
struct Arguments {
    /// The base URL of the server, as in http://127.0.0.1:7878
    #[arg(long, value_name = "URL")]
    upstream: Uri,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: String,
    /// The file to write what was seen to, emptied first: a line of JSON for each request
    #[arg(long, value_name = "FILE")]
    report: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let spec = Spec::of_engram().context("openapi/engram.yaml cannot be checked against")?;
    let upstream = authority(&arguments.upstream)?;
    let report = File::create(&arguments.report)
        .with_context(|| format!("cannot write the report {}", arguments.report.display()))?;
    let listener = TcpListener::bind(&arguments.listen)
        .await
        .with_context(|| format!("cannot listen at {}: choose another address with --listen", arguments.listen))?;
    println!("http://{}", listener.local_addr()?);
    tokio::select! {
        served = axum::serve(listener, proxy(Arc::new(spec), upstream, report)).into_future() => served?,
        ended = input_ends() => ended?,
    }
    Ok(())
}

fn authority(url: &Uri) -> Result<Authority> {
    ensure!(
        url.scheme() == Some(&Scheme::HTTP) && matches!(url.path(), "" | "/") && url.query().is_none(),
        "--upstream must be http:// with an address only, as in http://127.0.0.1:7878, and it is {url}"
    );
    url.authority().cloned().context("--upstream has no address")
}

async fn input_ends() -> Result<()> {
    copy(&mut stdin(), &mut sink()).await?;
    Ok(())
}
