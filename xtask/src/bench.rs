//! `cargo xtask bench`: measurements that say for themselves whether they are good enough. Without a part it takes all of this client
//! beside what else one would write or pick, and writes BENCHMARKS.md.

mod answers;
mod build;
mod burst;
mod calls;
mod counts;
mod curve;
mod incremental;
mod local;
mod micro;
mod report;
mod side_by_side;
mod streams;
mod table;

use std::time::Instant;

use anyhow::{Context, Result};

use crate::project::{cargo, root};
use report::Section;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    part: Option<Part>,
}

/// What can be measured alone; the first ones, which make up BENCHMARKS.md, are printed then.
#[derive(clap::Subcommand)]
enum Part {
    /// The cost of a call, beside bare reqwest, async-openai and the official Python client (needs Python; for instructions, valgrind)
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
    /// What becomes of many stores at once at a server that takes few, with this client and the official Python client (needs Python)
    Burst(burst::Options),
    /// An ingest of 100,000 facts, of which the server refuses one in a hundred, and the memory that the client takes for it
    Ingest,
}

/// What BENCHMARKS.md is made of.
const SECTIONS: [fn() -> Result<Section>; 5] =
    [calls::measure, streams::measure, answers::measure, local::measure, build::measure];

pub(crate) fn run(options: &Options) -> Result<()> {
    match &options.part {
        None => report(),
        Some(Part::Calls { only_counts: true }) => show(counts::measure),
        Some(Part::Calls { .. }) => show(calls::measure),
        Some(Part::Streams) => show(streams::measure),
        Some(Part::Answers) => show(answers::measure),
        Some(Part::Build) => show(build::measure),
        Some(Part::Local) => show(local::measure),
        Some(Part::Burst(options)) => burst::measure(options),
        Some(Part::Ingest) => run_program("ingest"),
    }
}

fn show(measure: fn() -> Result<Section>) -> Result<()> {
    println!("{}", measure()?.markdown());
    Ok(())
}

/// Measures everything and writes BENCHMARKS.md.
fn report() -> Result<()> {
    let start = Instant::now();
    let sections = SECTIONS.iter().map(|measure| measure()).collect::<Result<Vec<_>>>()?;
    let file = root().join("BENCHMARKS.md");
    let text = report::whole(&sections, &report::Machine::this()?, start.elapsed());
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let missed = sections.iter().flat_map(|section| &section.targets).filter(|target| !target.is_met()).count();
    println!("{} is written, with {missed} targets missed.", file.display());
    Ok(())
}

/// The check: the programs that are measured compile, and do what they say.
pub(crate) fn check() -> Result<()> {
    let manifest = root().join("bench/side-by-side/Cargo.toml");
    crate::project::run(cargo(root(), &["fmt", "--check", "--manifest-path"]).arg(manifest))?;
    crate::project::run(&mut side_by_side::cargo_beside(&["test", "--quiet", "--lib"])?)?;
    crate::project::run(
        side_by_side::cargo_beside(&["clippy", "--quiet", "--all-targets"])?.args(["--", "--deny", "warnings"]),
    )
}

/// A measurement that needs no program but its own.
fn run_program(name: &str) -> Result<()> {
    let arguments = ["run", "--quiet", "--release", "--package", "lumetra-engram-bench", "--bin", name];
    crate::project::run(&mut cargo(root(), &arguments))
}
