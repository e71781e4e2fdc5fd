//! What the local server does beside bare SQLite, as JSON: stores and queries while the number of memories grows.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Parser;
use lumetra_engram_side_by_side::local::{Bare, Fact, Load, Memories, Served};
use lumetra_engram_side_by_side::measure::quantile;
use serde::Serialize;

/// How many memories one batch holds.
const BATCH: usize = 1_000;
/// How many batches are under way at once.
const AT_ONCE: usize = 4;

/// Measures the local server and bare SQLite.
#[derive(Debug, Parser)]
struct Arguments {
    #[arg(long)]
    base_url: String,
    /// The file of bare SQLite, which must not exist
    #[arg(long)]
    file: PathBuf,
    /// How many memories there are when queries are measured, one number for each time
    #[arg(long, value_delimiter = ',')]
    sizes: Vec<usize>,
    /// How many buckets hold the memories; of many, each holds the same number
    #[arg(long, default_value_t = 1)]
    buckets: u32,
    #[arg(long)]
    queries: u32,
    #[arg(long)]
    single_stores: u32,
}

/// What was measured at one size; times in seconds.
#[derive(Serialize)]
struct Stage {
    memories: usize,
    served: Side,
    bare: Side,
}

#[derive(Serialize)]
struct Side {
    /// While it grew to this size.
    batch_stores_a_second: f64,
    single_stores_a_second: f64,
    query_p50: f64,
    query_p99: f64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (mut served, mut bare) = (Served::new(&arguments.base_url), Bare::open(&arguments.file, arguments.buckets)?);
    let mut load = Load::new(1);
    let (mut stages, mut memories) = (Vec::new(), 0);
    for &size in &arguments.sizes {
        let (mut of_served, mut of_bare) = (Duration::ZERO, Duration::ZERO);
        let growth = size - memories;
        while memories < size {
            let batches = batches(&mut load, &arguments, memories, size)?;
            of_served += timed(store_at_once(&served, &batches)).await?;
            of_bare += timed(store(&mut bare, &batches)).await?;
            memories += batches.iter().map(|(_, facts)| facts.len()).sum::<usize>();
        }
        let questions: Vec<_> =
            (0..arguments.queries).map(|number| (1 + number * 7919 % arguments.buckets, load.question())).collect();
        let singles: Vec<_> = (0..arguments.single_stores).map(|_| (1, load.facts(1))).collect();
        stages.push(Stage {
            memories,
            served: Side::measure(&mut served, rate(growth, of_served), &questions, &singles).await?,
            bare: Side::measure(&mut bare, rate(growth, of_bare), &questions, &singles).await?,
        });
    }
    println!("{}", serde_json::to_string(&stages)?);
    Ok(())
}

type Batch = (u32, Vec<Fact>);

/// The next batches, up to this size. Each bucket is filled before the next one.
fn batches(load: &mut Load, arguments: &Arguments, memories: usize, size: usize) -> Result<Vec<Batch>> {
    let of_a_bucket = size / usize::try_from(arguments.buckets)?;
    let batch = BATCH.min(of_a_bucket);
    let firsts = (0..16 * AT_ONCE).map(|number| memories + number * batch).filter(|first| *first < size);
    firsts.map(|first| Ok((u32::try_from(1 + first / of_a_bucket)?, load.facts(batch.min(size - first))))).collect()
}

async fn timed(work: impl Future<Output = Result<()>>) -> Result<Duration> {
    let start = Instant::now();
    work.await?;
    Ok(start.elapsed())
}

async fn store(memories: &mut impl Memories, batches: &[Batch]) -> Result<()> {
    for (bucket, facts) in batches {
        memories.store(*bucket, facts).await?;
    }
    Ok(())
}

async fn store_at_once(served: &Served, batches: &[Batch]) -> Result<()> {
    let lanes = (0..AT_ONCE).map(|lane| {
        let mut served = served.clone();
        async move {
            for (bucket, facts) in batches.iter().skip(lane).step_by(AT_ONCE) {
                served.store(*bucket, facts).await?;
            }
            anyhow::Ok(())
        }
    });
    futures_util::future::try_join_all(lanes).await.map(drop)
}

impl Side {
    async fn measure(
        memories: &mut impl Memories,
        batch_stores_a_second: f64,
        questions: &[(u32, Vec<String>)],
        singles: &[Batch],
    ) -> Result<Self> {
        let mut latencies = Vec::with_capacity(questions.len());
        let mut found = 0;
        for (bucket, words) in questions {
            let start = Instant::now();
            found += memories.query(*bucket, words).await?;
            latencies.push(start.elapsed());
        }
        ensure!(found > 0, "nothing is found");
        latencies.sort_unstable();
        let of_singles = timed(store(memories, singles)).await?;
        Ok(Self {
            batch_stores_a_second,
            single_stores_a_second: rate(singles.len(), of_singles),
            query_p50: quantile(&latencies, 0.5).as_secs_f64(),
            query_p99: quantile(&latencies, 0.99).as_secs_f64(),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "no run stores so many")]
fn rate(stores: usize, time: Duration) -> f64 {
    stores as f64 / time.as_secs_f64()
}
