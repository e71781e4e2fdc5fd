//! Calls of one kind over loopback with each client that can make them, in turns.

use std::alloc::System;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use lumetra_engram_side_by_side::answers::FACT;
use lumetra_engram_side_by_side::clients::{bare, chat, engram, openai};
use lumetra_engram_side_by_side::measure::{Measures, Way, count, cpu_us, in_turns, percentile, us};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const BUCKET: &str = "user-123";
const QUESTION: &str = "What are this user's UI preferences?";

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    base_url: String,
    #[arg(long)]
    kind: Kind,
    /// How many calls are in flight at once
    #[arg(long, default_value_t = 1)]
    concurrency: usize,
    /// How often each client has its turn
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// How many calls are one turn
    #[arg(long, default_value_t = 1000)]
    calls: usize,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Only this client
    #[arg(long)]
    only: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Store,
    Query,
    /// Every operation of this client, with responses and with errors: only the connections count
    Every,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(arguments.threads).enable_all().build()?.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<()> {
    let url = arguments.base_url.as_str();
    let (ours, bare, openai) = (engram(url)?, bare(url)?, openai(url));
    let mut ways = match arguments.kind {
        Kind::Every => return every_operation(url, arguments.calls).await,
        Kind::Store => vec![
            way(arguments, "lumetra-engram", move || ours.store_memory(FACT).bucket(BUCKET).into_future()),
            way(arguments, "reqwest", move || bare.store_memory(BUCKET, FACT)),
        ],
        Kind::Query => vec![
            way(arguments, "lumetra-engram", move || ours.query(QUESTION).bucket(BUCKET).into_future()),
            way(arguments, "reqwest", move || bare.query(BUCKET, QUESTION)),
            way(arguments, "async-openai", move || async {
                anyhow::Ok(openai.chat().create(chat(QUESTION, false)?).await?)
            }),
        ],
    };
    ways.retain(|(name, _)| arguments.only.as_ref().is_none_or(|only| only == name));
    in_turns(ways, arguments.rounds).await
}

fn way<F, T, E>(arguments: &Arguments, name: &'static str, call: impl Fn() -> F + Clone + Send + 'static) -> Way
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    anyhow::Error: From<E>,
{
    let (calls, concurrency) = (arguments.calls, arguments.concurrency);
    let call = move || {
        let call = call();
        async move {
            black_box(call.await?);
            Ok(())
        }
    };
    (name, Box::new(move || Box::pin(turn(call.clone(), calls, concurrency))))
}

async fn turn<F>(call: impl Fn() -> F + Clone + Send + 'static, calls: usize, concurrency: usize) -> Result<Measures>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let begun = Arc::new(AtomicUsize::new(0));
    let mut latencies = Vec::with_capacity(calls);
    let mut tasks = JoinSet::new();
    let (region, cpu, start) = (Region::new(ALLOCATOR), cpu_us()?, Instant::now());
    for _ in 0..concurrency {
        tasks.spawn(one_after_another(call.clone(), Arc::clone(&begun), calls));
    }
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done??);
    }
    let (seconds, cpu, allocated) = (start.elapsed().as_secs_f64(), cpu_us()? - cpu, region.change());
    Ok(Measures::from([
        ("calls_a_second", count(calls) / seconds),
        ("p50_us", us(percentile(&mut latencies, 50))),
        ("p99_us", us(percentile(&mut latencies, 99))),
        ("cpu_us", cpu / count(calls)),
        ("allocations", count(allocated.allocations + allocated.reallocations) / count(calls)),
    ]))
}

/// Makes calls until so many have been begun in all.
async fn one_after_another<F>(call: impl Fn() -> F, begun: Arc<AtomicUsize>, calls: usize) -> Result<Vec<Duration>>
where
    F: Future<Output = Result<()>>,
{
    let mut latencies = Vec::with_capacity(calls);
    while begun.fetch_add(1, Ordering::Relaxed) < calls {
        let start = Instant::now();
        call().await?;
        latencies.push(start.elapsed());
    }
    Ok(latencies)
}

/// One after another, so that one connection is enough. The bucket that is missing answers every call with an error.
async fn every_operation(base_url: &str, times: usize) -> Result<()> {
    let engram = engram(base_url)?;
    for _ in 0..times {
        for bucket in ["default", "missing"] {
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
                outcome.context("every operation has a response")?;
            }
        }
        engram.query("q").await?;
        engram.query_stream("q").await?.finish().await?;
        engram.create_bucket("b").await?;
    }
    Ok(())
}
