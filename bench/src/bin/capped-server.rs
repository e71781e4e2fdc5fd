//! The server of a benchmark, in a process of its own. It prints its base URL, and ends when its input does.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use axum::serve::ListenerExt;
use clap::Parser;
use lumetra_engram_bench::CappedServer;
use tokio::io::{copy, sink, stdin};
use tokio::net::TcpSocket;

/// Room for a whole burst of connections, so that none of them waits for a second packet.
const BACKLOG: u32 = 4096;

/// Serves calls that store.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many calls it takes at once
    #[arg(long)]
    places: usize,
    /// How long a call takes, in milliseconds
    #[arg(long)]
    work_ms: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let server = CappedServer::new(arguments.places, Duration::from_millis(arguments.work_ms));
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let listener = socket.listen(BACKLOG)?;
    println!("http://{}", listener.local_addr()?);
    // Without the delay of Nagle's algorithm. A connection that fails here fails at its first byte too.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    tokio::select! {
        served = axum::serve(listener, server.router()).into_future() => served?,
        ended = input_ends() => ended?,
    }
    Ok(())
}

async fn input_ends() -> Result<()> {
    copy(&mut stdin(), &mut sink()).await?;
    Ok(())
}
