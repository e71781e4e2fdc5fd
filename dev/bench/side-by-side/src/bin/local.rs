//! What the local server does beside bare SQLite: stores and queries while the number of memories grows.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Parser;
use futures_util::future::try_join_all;
use lumetra_engram_side_by_side::bare::BareClient;
use lumetra_engram_side_by_side::clients::bare;
use lumetra_engram_side_by_side::local::{Bare, Fact, Load, Memories};
use lumetra_engram_side_by_side::measure::{Measures, count, percentile, print, us};

/// How many memories one batch holds.
const BATCH: usize = 1_000;
/// How many batches are in flight at once.
const AT_ONCE: usize = 4;

#[derive(Parser)]
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
    #[arg(long, default_value_t = 500)]
    queries: u32,
    #[arg(long, default_value_t = 300)]
    single_stores: u32,
}

type Batch = (u32, Vec<Fact>);

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (mut served, mut bare) = (bare(&arguments.base_url)?, Bare::open(&arguments.file, arguments.buckets)?);
    let (mut load, mut memories) = (Load::new(1), 0);
    for &size in &arguments.sizes {
        let (mut of_served, mut of_bare) = (Duration::ZERO, Duration::ZERO);
        let growth = size - memories;
        while memories < size {
            let batches = batches(&mut load, &arguments, memories, size)?;
            of_served += timed(store_at_once(served, &batches)).await?;
            of_bare += timed(store(&mut bare, &batches)).await?;
            memories += batches.iter().map(|(_, facts)| facts.len()).sum::<usize>();
        }
        let questions: Vec<_> =
            (0..arguments.queries).map(|number| (1 + number * 7919 % arguments.buckets, load.question())).collect();
        let singles: Vec<_> = (0..arguments.single_stores).map(|_| (1, load.facts(1))).collect();
        print(&BTreeMap::from([
            ("served", measure(&mut served, rate(growth, of_served), &questions, &singles).await?),
            ("bare", measure(&mut bare, rate(growth, of_bare), &questions, &singles).await?),
        ]))?;
    }
    Ok(())
}

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

async fn store(memories: &mut impl Memories, batches: impl IntoIterator<Item = &Batch>) -> Result<()> {
    for (bucket, facts) in batches {
        memories.store(*bucket, facts).await?;
    }
    Ok(())
}

async fn store_at_once(served: &BareClient, batches: &[Batch]) -> Result<()> {
    let lanes = (0..AT_ONCE).map(|lane| {
        let mut served = served;
        async move { store(&mut served, batches.iter().skip(lane).step_by(AT_ONCE)).await }
    });
    try_join_all(lanes).await.map(drop)
}

async fn measure(
    memories: &mut impl Memories,
    batch_stores_a_second: f64,
    questions: &[(u32, Vec<String>)],
    singles: &[Batch],
) -> Result<Measures> {
    let (mut latencies, mut found) = (Vec::with_capacity(questions.len()), 0);
    for (bucket, words) in questions {
        let start = Instant::now();
        found += memories.query(*bucket, words).await?;
        latencies.push(start.elapsed());
    }
    ensure!(found > 0, "nothing is found");
    let of_singles = timed(store(memories, singles)).await?;
    Ok(Measures::from([
        ("batch_stores_a_second", batch_stores_a_second),
        ("single_stores_a_second", rate(singles.len(), of_singles)),
        ("p50_ms", us(percentile(&mut latencies, 50)) / 1e3),
        ("p99_ms", us(percentile(&mut latencies, 99)) / 1e3),
    ]))
}

fn rate(stores: usize, time: Duration) -> f64 {
    count(stores) / time.as_secs_f64()
}
