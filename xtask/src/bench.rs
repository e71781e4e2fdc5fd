//! `cargo xtask bench`: measurements that say for themselves whether they are good enough.

mod burst;
mod table;

use anyhow::Result;

/// What can be measured.
#[derive(clap::Subcommand)]
pub(crate) enum Benchmark {
    /// What becomes of many stores at once at a server that takes few, with this client and the official Python client (needs Python)
    Burst(burst::Options),
}

pub(crate) fn run(benchmark: &Benchmark) -> Result<()> {
    match benchmark {
        Benchmark::Burst(options) => burst::measure(options),
    }
}
