//! Plays every case to our client, and writes the table. What it says of another client stays as it is.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use lumetra_engram_faults::{all, column, complaints, play, render, with_column};

#[derive(Debug, Parser)]
struct Arguments {
    /// Where the table is
    #[arg(long)]
    table: PathBuf,
    /// Play only the cases that hold this text in their name, and print them in place of writing the table
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { table, only } = Arguments::parse();
    let cases = all().into_iter().filter(|case| only.as_ref().is_none_or(|text| case.name.contains(text)));
    let seen = play(cases.collect()).await;
    let rendered = render(seen.iter().map(|(case, seen)| (case, seen)));
    let wrong: Vec<_> = seen.iter().filter(|(case, seen)| !complaints(case, seen).is_empty()).collect();
    for (case, seen) in &wrong {
        eprintln!("{}, {}: {}", case.group, case.name, complaints(case, seen).join("; "));
    }
    ensure!(wrong.is_empty(), "{} of {} cases are not as they should be", wrong.len(), seen.len());
    if only.is_some() {
        println!("{rendered}");
        return Ok(());
    }
    let written = std::fs::read_to_string(&table).context("the table cannot be read")?;
    std::fs::write(&table, with_column(&rendered, &column(&written))).context("the table cannot be written")
}
