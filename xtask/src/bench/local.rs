//! The local server beside bare SQLite, while the number of memories grows.

use std::fs;

use anyhow::{Context, Result};

use super::figures::{Figure, Figures, Turns};
use super::runner::{Programs, turns};
use crate::project::work_directory;
use crate::server::Server;

pub(super) const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];

pub(super) fn measure() -> Result<Figures> {
    let programs = Programs::build()?;
    let mut figures = stages(&programs, "local.one", &SIZES, "1")?;
    figures.extend(stages(&programs, "local.many", &[100_000], "10000")?);
    Ok(figures)
}

/// Measures at these sizes, with so many buckets, on databases of their own.
fn stages(programs: &Programs, prefix: &str, sizes: &[u32], buckets: &str) -> Result<Figures> {
    eprintln!("local server: {sizes:?} memories, buckets: {buckets}");
    let directory = work_directory("bench/local")?;
    fs::remove_dir_all(&directory).and_then(|()| fs::create_dir(&directory)).context("the old databases stay")?;
    let server = Server::run(programs.command("local_server").arg("--database").arg(directory.join("served.db")))?;
    let mut command = programs.command("local");
    command.args(["--base-url", &server.base_url, "--buckets", buckets, "--sizes"]);
    command.arg(sizes.iter().map(u32::to_string).collect::<Vec<_>>().join(","));
    let stages = turns(command.arg("--file").arg(directory.join("bare.db")))?;
    drop(server);
    fs::remove_dir_all(&directory).context("the databases stay")?;
    let mut figures = Figures::new();
    for (size, stage) in sizes.iter().zip(stages) {
        let prefix = format!("{prefix}.{size}");
        let mut measured = Turns::default();
        measured.add(stage);
        let bound = 2.0 * measured.median("bare", "p99_ms") + 1.0;
        let batches = measured.ratio("served", "bare", "batch_stores_a_second");
        figures.extend(measured.figures(&prefix, None));
        figures.insert(format!("{prefix}.batches"), Figure::Number(batches));
        figures.insert(format!("{prefix}.of_bound"), Figure::Number(measured.median("served", "p99_ms") / bound));
    }
    Ok(figures)
}
