//! A burst of stores through one client with its default settings. Prints what became of them as one line of JSON.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use futures_util::future::join_all;
use lumetra_engram::{EngramClient, EngramError, StoreMemoryResult};
use serde_json::json;
use tokio::task::JoinSet;

/// Makes all calls at once.
#[derive(Debug, Parser)]
struct Arguments {
    /// The base URL of the server
    #[arg(long)]
    base_url: String,
    /// How many calls
    #[arg(long)]
    calls: usize,
    /// Make them in one task, with `join_all`, and not each in a task of its own
    #[arg(long)]
    one_task: bool,
}

type Outcome = Result<StoreMemoryResult, EngramError>;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let engram = EngramClient::builder().api_key("eng_live_burst").base_url(arguments.base_url).build()?;
    let stores = (0..arguments.calls).map(|number| engram.store_memory(format!("Fact number {number}")).into_future());
    let start = Instant::now();
    let outcomes = if arguments.one_task { join_all(stores).await } else { in_tasks(stores).await };
    let seconds = start.elapsed().as_secs_f64();
    println!("{}", json!({ "calls": outcomes.len(), "failures": failures(&outcomes), "seconds": seconds }));
    Ok(())
}

async fn in_tasks(stores: impl Iterator<Item = impl Future<Output = Outcome> + Send + 'static>) -> Vec<Outcome> {
    stores.collect::<JoinSet<_>>().join_all().await
}

/// How often each error came.
fn failures(outcomes: &[Outcome]) -> BTreeMap<String, usize> {
    let mut failures = BTreeMap::new();
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        *failures.entry(error.to_string()).or_default() += 1;
    }
    failures
}
