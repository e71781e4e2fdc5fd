//! Calls of one kind with each client that can make them, in turns, and what they took, as JSON.

use std::alloc::System;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use lumetra_engram_side_by_side::callers::{
    BareQuery, BareStore, Caller, EngramQuery, EngramStore, OpenAiChat, engram,
};
use lumetra_engram_side_by_side::measure::{cpu_time, quantile};
use serde::Serialize;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Measures calls over loopback.
#[derive(Debug, Parser)]
struct Arguments {
    #[arg(long)]
    base_url: String,
    #[arg(long)]
    kind: Kind,
    /// How many calls are under way at once
    #[arg(long, default_value_t = 1)]
    concurrency: usize,
    /// How often each client has its turn
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// How many calls are one turn
    #[arg(long, default_value_t = 1000)]
    calls: usize,
    /// On how many threads; the project's machines have two cores
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Only this client
    #[arg(long)]
    only: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Kind {
    Store,
    Query,
    /// Every operation of this client, with answers and with errors; only the connections count
    Every,
}

/// What one turn took; times in seconds.
#[derive(Debug, Serialize)]
struct Turn {
    calls_a_second: f64,
    p50: f64,
    p99: f64,
    /// Of the whole process, a call.
    cpu: f64,
    /// A call.
    allocations: f64,
}

type Turns = BTreeMap<&'static str, Vec<Turn>>;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(arguments.threads).enable_all().build()?;
    let turns = runtime.block_on(run(arguments))?;
    println!("{}", serde_json::to_string(&turns)?);
    Ok(())
}

async fn run(arguments: Arguments) -> Result<Turns> {
    let url = arguments.base_url.as_str();
    match arguments.kind {
        Kind::Store => {
            let (ours, bare) = (EngramStore::new(url)?, BareStore::new(url)?);
            in_turns(&arguments, &[&Named("lumetra-engram", ours), &Named("reqwest", bare)]).await
        }
        Kind::Query => {
            let (ours, bare, openai) = (EngramQuery::new(url)?, BareQuery::new(url)?, OpenAiChat::new(url));
            let clients: [&dyn Client; 3] =
                [&Named("lumetra-engram", ours), &Named("reqwest", bare), &Named("async-openai", openai)];
            in_turns(&arguments, &clients).await
        }
        Kind::Every => {
            every_operation(url, arguments.calls).await?;
            Ok(Turns::new())
        }
    }
}

/// Each client has its turn in every round, the first of a round being the last of the round before.
async fn in_turns(arguments: &Arguments, clients: &[&dyn Client]) -> Result<Turns> {
    let mut order: Vec<_> =
        clients.iter().filter(|client| arguments.only.as_deref().is_none_or(|only| only == client.name())).collect();
    for client in &order {
        client.turn(arguments.calls.min(500), arguments.concurrency).await?;
    }
    let mut turns = Turns::new();
    for _ in 0..arguments.rounds {
        order.reverse();
        for client in &order {
            turns.entry(client.name()).or_default().push(client.turn(arguments.calls, arguments.concurrency).await?);
        }
    }
    Ok(turns)
}

struct Named<C>(&'static str, C);

trait Client: Sync {
    fn name(&self) -> &'static str;
    fn turn(&self, calls: usize, concurrency: usize) -> futures_util::future::BoxFuture<'_, Result<Turn>>;
}

impl<C: Caller> Client for Named<C> {
    fn name(&self) -> &'static str {
        self.0
    }

    fn turn(&self, calls: usize, concurrency: usize) -> futures_util::future::BoxFuture<'_, Result<Turn>> {
        Box::pin(turn(&self.1, calls, concurrency))
    }
}

async fn turn<C: Caller>(caller: &C, calls: usize, concurrency: usize) -> Result<Turn> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut latencies: Vec<Duration> = Vec::with_capacity(calls);
    let mut tasks = JoinSet::new();
    let (region, cpu, start) = (Region::new(ALLOCATOR), cpu_time()?, Instant::now());
    for _ in 0..concurrency {
        tasks.spawn(one_after_another(caller.clone(), Arc::clone(&next), calls));
    }
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done??);
    }
    let (seconds, cpu, allocated) = (start.elapsed(), cpu_time()? - cpu, region.change());
    latencies.sort_unstable();
    let a_call = |whole: f64| whole / count(calls);
    Ok(Turn {
        calls_a_second: count(calls) / seconds.as_secs_f64(),
        p50: quantile(&latencies, 0.5).as_secs_f64(),
        p99: quantile(&latencies, 0.99).as_secs_f64(),
        cpu: a_call(cpu.as_secs_f64()),
        allocations: a_call(count(allocated.allocations + allocated.reallocations)),
    })
}

/// Makes calls until so many have been begun in all.
async fn one_after_another<C: Caller>(caller: C, begun: Arc<AtomicUsize>, calls: usize) -> Result<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(calls);
    while begun.fetch_add(1, Ordering::Relaxed) < calls {
        let start = Instant::now();
        caller.call().await?;
        latencies.push(start.elapsed());
    }
    Ok(latencies)
}

#[expect(clippy::cast_precision_loss, reason = "no run makes so many")]
fn count(number: usize) -> f64 {
    number as f64
}

/// One after another, so that one connection is enough.
async fn every_operation(base_url: &str, times: usize) -> Result<()> {
    let engram = engram(base_url)?;
    for _ in 0..times {
        for bucket in ["default", "missing"] {
            // The bucket that is missing answers every call with an error, which is no error of the measurement.
            let here = engram.with_bucket(bucket);
            let outcomes = [
                here.store_memory("x").await.map(drop),
                here.list_memories().await.map(drop),
                here.delete_memory("m").await,
                here.clear_memories(bucket).await.map(drop),
                here.list_buckets().await.map(drop),
                here.delete_bucket(bucket).await,
                here.get_profile().await.map(drop),
                here.regenerate_profile().await.map(drop),
            ];
            for outcome in outcomes.into_iter().filter(|_| bucket == "default") {
                outcome.context("every operation has an answer")?;
            }
        }
        engram.query("q").await?;
        engram.query_stream("q").await?.finish().await?;
        engram.create_bucket("b").await?;
    }
    Ok(())
}
