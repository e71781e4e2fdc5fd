//! An ingest of very many facts, of which the server refuses one in a hundred, and how much memory the client takes for it. The server,
//! which takes eight requests at a time, is this program once more, so that the client's memory is its own.

use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use lumetra_engram::{Contents, EngramClient, IngestReport};
use lumetra_engram_local::LocalServer;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context as Layered, Layer};
use tracing_subscriber::prelude::*;

const KEY: &str = "eng_live_ingest";
/// How many requests the server takes at once.
const PLACES: usize = 8;
/// Of so many facts the server refuses one.
const REFUSED_ONE_IN: usize = 100;
/// How long a request may take: the server has one processor or two for itself and this.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ingests facts.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many facts
    #[arg(long, default_value_t = 100_000)]
    facts: usize,
    /// How many facts in a request
    #[arg(long, default_value_t = 50)]
    batch_size: usize,
    /// How many requests at once
    #[arg(long, default_value_t = 8)]
    concurrency: usize,
    /// Be the server
    #[arg(long, hide = true)]
    serve: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.serve { serve().await } else { measure(&arguments).await }
}

/// Serves until the input ends.
async fn serve() -> Result<()> {
    let server = LocalServer::builder().in_memory().api_key(KEY).max_concurrent_requests(PLACES).start().await?;
    println!("{}", server.base_url());
    stdout().flush()?;
    tokio::task::spawn_blocking(|| stdin().lines().count()).await?;
    Ok(())
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let refusals = Arc::new(AtomicUsize::new(0));
    tracing_subscriber::registry().with(Refusals(Arc::clone(&refusals))).init();
    let server = Server::start()?;
    let engram = EngramClient::builder().api_key(KEY).base_url(&server.base_url).timeout(PATIENCE).build()?;

    let before = peak_memory()?;
    let start = Instant::now();
    let facts = (0..arguments.facts).map(fact);
    let ingest = engram.ingest(facts).batch_size(arguments.batch_size).concurrency(arguments.concurrency);
    let report = ingest.await?;
    let seconds = start.elapsed().as_secs_f64();
    let peak = peak_memory()?;

    let totals = report.totals;
    let done = u32::try_from(totals.done())?;
    println!("facts                 {:>9}", report.outcomes.len());
    println!("stored                {:>9}", totals.stored);
    println!("failed                {:>9}", totals.failed);
    println!("refused with 429      {:>9}", refusals.load(Relaxed));
    println!("time                  {seconds:>9.1} s");
    println!("facts a second        {:>9.0}", f64::from(done) / seconds);
    println!(
        "peak memory           {:>9.1} MiB, {:.1} MiB of it before the ingest",
        mebibytes(peak),
        mebibytes(before)
    );
    check(&report, &engram, arguments.facts).await
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
    ensure!(
        report.failures.iter().all(|failure| failure.error.status().map(u16::from) == Some(422)),
        "some failed otherwise"
    );
    let mut listed = engram.list_memories().stream();
    let mut count = 0;
    while let Some(memory) = listed.next().await {
        memory?;
        count += 1;
    }
    println!("listed afterwards     {count:>9}");
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

/// A server in a process of its own, which ends with this.
struct Server {
    process: Child,
    base_url: String,
}

impl Server {
    fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.arg("--serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no output to read")?).read_line(&mut line)?;
        Ok(Self { process, base_url: line.trim().to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It ends by itself now; there is nothing to do about it if it does not.
        let _ = self.process.wait();
    }
}

/// The most memory that this process has had so far, in KiB, as Linux counts it.
fn peak_memory() -> Result<u32> {
    let status =
        std::fs::read_to_string("/proc/self/status").context("only Linux says how much memory a process takes")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no peak of the memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn mebibytes(kibibytes: u32) -> f64 {
    f64::from(kibibytes) / 1024.0
}
