//! Streams over loopback with each client that has them, in turns, and what they took, as JSON.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Parser;
use futures_util::future::BoxFuture;
use lumetra_engram_side_by_side::callers::{engram, openai};
use lumetra_engram_side_by_side::measure::{cpu_time, quantile};
use lumetra_engram_side_by_side::streamers::{self, Streamed};
use lumetra_engram_side_by_side::streams::{FIRST, MANY, MANY_DELTAS};
use serde::Serialize;

/// Measures streams over loopback.
#[derive(Debug, Parser)]
struct Arguments {
    #[arg(long)]
    base_url: String,
    /// How often each client has its turn
    #[arg(long)]
    rounds: usize,
    /// How many long streams are one turn
    #[arg(long)]
    long: usize,
    /// How many short streams are one turn
    #[arg(long)]
    short: usize,
}

/// What one turn took; times in seconds.
#[derive(Debug, Serialize)]
struct Turn {
    deltas_a_second: f64,
    /// Of the whole process, a delta.
    cpu: f64,
    /// From the server's making the first delta to its being in the caller's hands.
    first_p50: f64,
    first_p99: f64,
}

type Ask<'a> = Box<dyn Fn(&'static str) -> BoxFuture<'a, Result<Streamed>> + 'a>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (ours, theirs) = (engram(&arguments.base_url)?, openai(&arguments.base_url));
    let mut clients: [(&str, Ask<'_>); 2] = [
        ("lumetra-engram", Box::new(|question| Box::pin(streamers::engram(&ours, question)))),
        ("async-openai", Box::new(|question| Box::pin(streamers::openai(&theirs, question)))),
    ];
    for (_, ask) in &clients {
        turn(ask, 1, 20).await?;
    }
    let mut turns: BTreeMap<&str, Vec<Turn>> = BTreeMap::new();
    for _ in 0..arguments.rounds {
        clients.reverse();
        for (name, ask) in &clients {
            turns.entry(name).or_default().push(turn(ask, arguments.long, arguments.short).await?);
        }
    }
    println!("{}", serde_json::to_string(&turns)?);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "no run has so many")]
async fn turn(ask: &Ask<'_>, long: usize, short: usize) -> Result<Turn> {
    let (start, cpu) = (Instant::now(), cpu_time()?);
    for _ in 0..long {
        let streamed = ask(MANY).await?;
        ensure!(streamed.deltas == MANY_DELTAS + 1, "{} deltas came", streamed.deltas);
    }
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), (cpu_time()? - cpu).as_secs_f64());
    let mut first = Vec::with_capacity(short);
    for _ in 0..short {
        first.push(ask(FIRST).await?.first);
    }
    first.sort_unstable();
    let deltas = (long * MANY_DELTAS) as f64;
    let first = |q| quantile(&first, q) as f64 / 1e9;
    Ok(Turn { deltas_a_second: deltas / seconds, cpu: cpu / deltas, first_p50: first(0.5), first_p99: first(0.99) })
}
