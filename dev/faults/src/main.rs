//! Plays every case to our client and writes the table, or to the official Python client and writes its column.

mod official;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use lumetra_engram_faults::{Case, all, column, complaints, play, render, with_column};

#[derive(Debug, Parser)]
struct Arguments {
    /// Where the table is
    #[arg(long)]
    table: PathBuf,
    /// Play only the cases that hold this text in their name, and print what is found in place of writing the table
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Play to the official client, in the environment of this Python interpreter
    #[arg(long, value_name = "PYTHON")]
    official: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { table, only, official } = Arguments::parse();
    let is_chosen = |case: &Case| only.as_ref().is_none_or(|text| case.name.contains(text));
    let cases = all().into_iter().filter(is_chosen).collect();
    let written = fs::read_to_string(&table).context("the table cannot be read")?;
    let (found, fresh) = match official {
        Some(python) => {
            let column = official::play(&python, cases).await?;
            let found = column.iter().map(|((part, case), cell)| format!("{part}, {case}: {cell}\n")).collect();
            (found, with_column(&written, &column))
        }
        None => {
            let rendered = ours(cases).await?;
            // What the table says of another client stays as it is.
            let fresh = with_column(&rendered, &column(&written));
            (rendered, fresh)
        }
    };
    if only.is_some() {
        println!("{found}");
        return Ok(());
    }
    fs::write(&table, fresh).context("the table cannot be written")
}

/// The table of our client, which must do as it should in every case.
async fn ours(cases: Vec<Case>) -> Result<String> {
    let seen = play(cases).await;
    let wrong: Vec<_> = seen.iter().filter(|(case, seen)| !complaints(case, seen).is_empty()).collect();
    for (case, seen) in &wrong {
        eprintln!("{}, {}: {}", case.group, case.name, complaints(case, seen).join("; "));
    }
    ensure!(wrong.is_empty(), "{} of {} cases are not as they should be", wrong.len(), seen.len());
    Ok(render(seen.iter().map(|(case, seen)| (case, seen))))
}
