//! A burst of stores through one client with its default settings.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use futures_util::future::join_all;
use lumetra_engram_side_by_side::clients::engram;
use lumetra_engram_side_by_side::measure::{Measures, count, print};
use tokio::task::JoinSet;

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    base_url: String,
    /// How many calls, all at once
    #[arg(long)]
    calls: usize,
    /// Make them in one task, with `join_all`, and not each in a task of its own
    #[arg(long)]
    one_task: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let engram = engram(&arguments.base_url)?;
    let stores = (0..arguments.calls).map(|number| engram.store_memory(format!("Fact number {number}")).into_future());
    let start = Instant::now();
    let outcomes = match arguments.one_task {
        true => join_all(stores).await,
        false => stores.collect::<JoinSet<_>>().join_all().await,
    };
    let seconds = start.elapsed().as_secs_f64();
    let errors: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    if let Some(error) = errors.first() {
        eprintln!("{} failed: {error}", errors.len());
    }
    let measures = Measures::from([("seconds", seconds), ("failed", count(errors.len()))]);
    print(&BTreeMap::from([("lumetra-engram", measures)]))
}
