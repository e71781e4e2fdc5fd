//! An ingest of very many facts, of which the server refuses one in a hundred, and how much memory the client takes for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use lumetra_engram::{Contents, EngramClient, IngestReport};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context as Layered, Layer};
use tracing_subscriber::prelude::*;

/// Of so many facts the server refuses one.
const REFUSED_ONE_IN: usize = 100;
/// How long a request may take: the server has one processor or two for itself and this.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    base_url: String,
    /// How many facts
    #[arg(long)]
    facts: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { base_url, facts } = Arguments::parse();
    let refusals = Arc::new(AtomicUsize::new(0));
    tracing_subscriber::registry().with(Refusals(Arc::clone(&refusals))).init();
    let engram = EngramClient::builder().api_key("local").base_url(base_url).timeout(PATIENCE).build()?;

    let (before, start) = (peak_mebibytes()?, Instant::now());
    let report = engram.ingest((0..facts).map(fact)).batch_size(50).concurrency(8).await?;
    let (seconds, peak) = (start.elapsed().as_secs_f64(), peak_mebibytes()?);

    let totals = report.totals;
    let rate = f64::from(u32::try_from(totals.done())?) / seconds;
    println!(
        "{facts} facts: {} stored, {} failed, {} requests refused with 429",
        totals.stored,
        totals.failed,
        refusals.load(Relaxed)
    );
    println!("{seconds:.1} s, {rate:.0} facts a second");
    println!("peak memory {peak:.1} MiB, {before:.1} MiB of it before the ingest");
    check(&report, &engram, facts).await
}

/// The fact of this number. A fact without text is refused.
fn fact(number: usize) -> String {
    if is_refused(number) { " ".to_owned() } else { format!("The reading of sensor {number} is normal") }
}

fn is_refused(number: usize) -> bool {
    number % REFUSED_ONE_IN == REFUSED_ONE_IN / 2
}

/// Exactly the facts that the server refuses failed, and it holds all others.
async fn check(report: &IngestReport<Contents<'_>>, engram: &EngramClient, facts: usize) -> Result<()> {
    let failed = report.failures.iter().map(|failure| failure.index);
    ensure!(failed.eq((0..facts).filter(|number| is_refused(*number))), "other facts failed than the server refuses");
    let is_refusal = |error: &lumetra_engram::EngramError| error.status().map(u16::from) == Some(422);
    ensure!(report.failures.iter().all(|failure| is_refusal(&failure.error)), "some failed otherwise");
    let (mut listed, mut count) = (engram.list_memories().stream(), 0);
    while let Some(memory) = listed.next().await {
        memory?;
        count += 1;
    }
    ensure!(count == facts - report.failures.len(), "the server holds {count} memories");
    Ok(())
}

/// Counts the requests that are sent again because the server takes no more: the client warns of each.
struct Refusals(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Refusals {
    fn on_event(&self, event: &Event<'_>, _: Layered<'_, S>) {
        if *event.metadata().level() == Level::WARN && event.metadata().target() == "lumetra_engram" {
            self.0.fetch_add(1, Relaxed);
        }
    }
}

/// The most memory that this process has had so far, as Linux counts it.
fn peak_mebibytes() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("only Linux says how much memory it takes")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no peak of the memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
