//! `cargo xtask bench`: measurements that say for themselves whether they are good enough.

mod burst;
mod table;

use anyhow::Result;

use crate::project::{cargo, root};

/// What can be measured.
#[derive(clap::Subcommand)]
pub(crate) enum Benchmark {
    /// What becomes of many stores at once at a server that takes few, with this client and the official Python client (needs Python)
    Burst(burst::Options),
    /// An ingest of 100,000 facts, of which the server refuses one in a hundred, and the memory that the client takes for it
    Ingest,
}

pub(crate) fn run(benchmark: &Benchmark) -> Result<()> {
    match benchmark {
        Benchmark::Burst(options) => burst::measure(options),
        Benchmark::Ingest => run_program("ingest"),
    }
}

/// A measurement that needs no program but its own.
fn run_program(name: &str) -> Result<()> {
    let arguments = ["run", "--quiet", "--release", "--package", "lumetra-engram-bench", "--bin", name];
    crate::project::run(&mut cargo(root(), &arguments))
}
