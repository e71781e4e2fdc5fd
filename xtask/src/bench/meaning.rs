//! `cargo xtask bench meaning`: queries by words and by meaning while the number of memories grows, beside a plain loop over the same vectors.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::figures::Turns;
use super::local::SIZES;
use super::runner::{Programs, turns};
use crate::project::work_directory;

/// The longest that 99 of 100 queries may take at each size, in milliseconds.
const BARS: [f64; SIZES.len()] = [4.0, 15.0, 100.0];

pub(super) fn measure() -> Result<()> {
    let programs = Programs::build()?;
    let directory = work_directory("bench/meaning")?;
    fs::remove_dir_all(&directory).and_then(|()| fs::create_dir(&directory)).context("the old database stays")?;
    let sizes = SIZES.map(|size| size.to_string()).join(",");
    let mut command = programs.command("meaning");
    let stages = turns(command.args(["--sizes", &sizes, "--file"]).arg(directory.join("served.db")))?;
    fs::remove_dir_all(&directory).context("the database stays")?;
    println!("| memories | p50, ms | p99, ms | bar | bare p50, ms | bare p99, ms | the first query of a start, ms |");
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    let mut missed = 0;
    for ((size, bar), stage) in SIZES.iter().zip(BARS).zip(stages) {
        let mut measured = Turns::default();
        measured.add(stage);
        let [p50, p99, first] = ["p50_ms", "p99_ms", "first_ms"].map(|name| measured.median("served", name));
        let [bare_p50, bare_p99] = ["p50_ms", "p99_ms"].map(|name| measured.median("bare", name));
        println!("| {size} | {p50:.2} | {p99:.2} | {bar} | {bare_p50:.2} | {bare_p99:.2} | {first:.0} |");
        missed += usize::from(p99 > bar);
    }
    ensure!(missed == 0, "{missed} of {} bars are missed", BARS.len());
    Ok(())
}
