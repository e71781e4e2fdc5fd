//! `cargo xtask bench`: measurements that say for themselves whether they are good enough. What they find is kept in dev/bench/figures.json,
//! by name; dev/bench/BENCHMARKS.md.jinja has a place for each figure, and makes BENCHMARKS.md with them.

mod build;
mod burst;
mod calls;
mod curve;
mod figures;
mod local;
mod meaning;
mod micro;
mod report;
mod runner;
mod streams;

use std::time::Instant;

use anyhow::Result;

use crate::project::{root, run as run_command};
use crate::server::Server;
use figures::{Figure, Figures};
use runner::Programs;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    part: Option<Part>,
    /// Save the figures of a part in dev/bench/figures.json, and write BENCHMARKS.md with them
    #[arg(long, global = true)]
    write: bool,
}

/// What can be measured alone; the first ones, which make up BENCHMARKS.md, are printed then.
#[derive(clap::Subcommand)]
enum Part {
    /// The cost of a call, compared with bare reqwest, async-openai and the official Python client (needs Python; for instructions, valgrind)
    Calls {
        /// Only the instructions and allocations of a call, which a busy machine does not change; takes about a minute, and no Python
        #[arg(long)]
        only_counts: bool,
    },
    /// The cost of a streamed answer's events, from memory beside memchr and eventsource-stream, over loopback beside async-openai and the
    /// official Python client (needs Python)
    Streams,
    /// The cost of reading a large answer, beside serde_json
    Answers,
    /// What it takes to build a program with this client, beside bare reqwest and async-openai, and with each feature
    Build,
    /// What the local server stores and finds, beside bare SQLite
    Local,
    /// The time of a query by words and by meaning with up to a million vectors, compared with a plain loop over them
    Meaning,
    /// A burst of stores to a server with a low limit, with this client and the official Python client (needs Python)
    Burst {
        /// The number of rounds; the medians are shown
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
    },
    /// An ingest of many facts, of which the server refuses one in a hundred, and the memory that the client takes for it
    Ingest {
        /// How many facts
        #[arg(long, default_value_t = 100_000)]
        facts: u32,
    },
    /// Measure nothing: write BENCHMARKS.md with the figures that are kept, after an edit of its template
    Render,
}

type Measure = fn() -> Result<Figures>;

const ALL: [Measure; 6] =
    [calls::counts, calls::measure, streams::measure, micro::answers, local::measure, build::measure];

pub(crate) fn run(options: &Options) -> Result<()> {
    let (heading, measures): (_, &[Measure]) = match options.part {
        None => return whole(),
        Some(Part::Meaning) => return meaning::measure(),
        Some(Part::Burst { rounds }) => return burst::measure(rounds),
        Some(Part::Ingest { facts }) => return ingest(facts),
        Some(Part::Render) => return report::write(&figures::read()?),
        Some(Part::Calls { only_counts: true }) => ("### Counts", &[calls::counts]),
        Some(Part::Calls { .. }) => ("## Calls", &[calls::counts, calls::measure]),
        Some(Part::Streams) => ("## Streams", &[streams::measure]),
        Some(Part::Answers) => ("## Large answers", &[micro::answers]),
        Some(Part::Local) => ("## Local server", &[local::measure]),
        Some(Part::Build) => ("## Build", &[build::measure]),
    };
    let figures = all(measures)?;
    println!("{}", report::part(heading, &figures)?);
    if options.write { report::write(&figures::keep(figures)?) } else { Ok(()) }
}

fn all(measures: &[Measure]) -> Result<Figures> {
    measures.iter().try_fold(Figures::new(), |mut figures, measure| {
        figures.extend(measure()?);
        Ok(figures)
    })
}

/// Measures everything that BENCHMARKS.md holds.
fn whole() -> Result<()> {
    let start = Instant::now();
    let mut figures = all(&ALL)?;
    figures.extend(report::machine()?);
    figures.insert("machine.minutes".to_owned(), Figure::Number(start.elapsed().as_secs_f64() / 60.0));
    report::write(&figures::keep(figures)?)
}

/// The ingest says itself what it took, and checks what came of it.
fn ingest(facts: u32) -> Result<()> {
    let programs = Programs::build()?;
    let server = Server::run(programs.command("local_server").args(["--at-once", "8"]))?;
    let mut ingest = programs.command("ingest");
    run_command(ingest.args(["--base-url", &server.base_url, "--facts", &facts.to_string()]))
}

/// The check: the programs that are measured compile without a warning, and BENCHMARKS.md is what its template and the figures make. That
/// they compare the same is checked before they are measured.
pub(crate) fn check() -> Result<()> {
    report::check(&figures::read()?)?;
    let manifest = root().join("dev/bench/side-by-side/Cargo.toml");
    run_command(crate::project::cargo(root(), &["fmt", "--check", "--manifest-path"]).arg(manifest))?;
    run_command(
        runner::cargo(&["clippy", "--quiet", "--all-targets", "--features", "shared"])?
            .args(["--", "--deny", "warnings"]),
    )
}
