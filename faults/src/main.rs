//! Plays every case to our client and to the official one, and prints the table.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use futures_util::{StreamExt, TryStreamExt, stream};
use lumetra_engram_faults::{Case, Official, Row, all, lasting, observe, render};

/// How many cases are played at once. Most of them wait.
const AT_ONCE: usize = 16;

/// Plays every case to both clients, and writes the table.
#[derive(Debug, Parser)]
struct Arguments {
    /// The Python interpreter of an environment with the official client
    #[arg(long, required_unless_present = "check")]
    python: Option<PathBuf>,
    /// Where the table is
    #[arg(long)]
    table: PathBuf,
    /// Play to our client only, and write nothing; fail where a case is wrong, or the table has others
    #[arg(long)]
    check: bool,
    /// Play only the cases that hold this text in their name, and print them in place of writing the table
    #[arg(long, value_name = "TEXT", conflicts_with = "check")]
    only: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let official = arguments.python.map(|python| Official { python });
    let wanted = |case: &Case| arguments.only.as_ref().is_none_or(|text| case.name.contains(text.as_str()));
    let cases = all().into_iter().filter(wanted);
    let rows: Vec<Row> =
        stream::iter(cases).map(|case| play(case, official.as_ref())).buffered(AT_ONCE).try_collect().await?;
    if arguments.only.is_some() {
        println!("{}", render(&rows));
    }
    let wrong: Vec<_> = rows.iter().filter(|row| !row.complaints().is_empty()).collect();
    for row in &wrong {
        eprintln!("{}, {}: {}", row.case.group, row.case.name, row.complaints().join("; "));
    }
    ensure!(wrong.is_empty(), "{} of {} cases are not as they should be", wrong.len(), rows.len());
    println!("{} cases are right", rows.len());
    if arguments.only.is_some() {
        return Ok(());
    }
    if !arguments.check {
        return std::fs::write(&arguments.table, render(&rows)).context("the table cannot be written");
    }
    let written = std::fs::read_to_string(&arguments.table).context("the table cannot be read")?;
    let rendered = render(&rows);
    ensure!(lasting(&written).eq(lasting(&rendered)), "the table is stale; run `cargo xtask faults`");
    Ok(())
}

async fn play(case: Case, official: Option<&Official>) -> Result<Row> {
    let ours = observe(&case).await;
    let official = match official.filter(|_| case.only_ours.is_none()) {
        Some(official) => Some(official.observe(&case).await?),
        None => None,
    };
    Ok(Row { case, ours, official })
}
