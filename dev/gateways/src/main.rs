//! Plays every case through nginx, haproxy and nghttpx, and writes the table.

mod authority;
mod case;
mod gateway;
mod load;
mod play;
mod process;
mod server;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use case::Case;
use gateway::Kind;
use play::Stage;
use table::{Row, lasting, render};

/// Plays every case, and writes the table.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program `engram-local`
    #[arg(long)]
    server: PathBuf,
    /// Where to write the certificate of the authority that the clients trust: the file that `SSL_CERT_FILE` names, which must be one of this
    /// program's own
    #[arg(long)]
    authority: PathBuf,
    /// Where the table is
    #[arg(long)]
    table: PathBuf,
    /// Play with this client only and half as many calls, and write nothing; fail where a call is lost, or the table has other cases
    #[arg(long)]
    check: bool,
    /// Play only the cases that hold this text, and print them in place of writing the table
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
    let versions: Vec<_> = Kind::ALL.iter().filter_map(|kind| kind.version()).collect();
    ensure!(versions.len() == Kind::ALL.len(), "a gateway is missing; there is only: {}", versions.join(", "));
    let directory = tempfile::tempdir()?;
    let certificate = authority::certify(&arguments.authority, directory.path())?;
    let stage = Stage { server: arguments.server, certificate };
    let only = arguments.only.as_deref().unwrap_or_default();
    let mut rows = Vec::new();
    // One at a time: what a case starts again on its port finds it taken where another case looks for a free one.
    for case in case::all().into_iter().filter(|case| case.to_string().contains(only)) {
        let case = if arguments.check { case.shorter() } else { case };
        rows.push(play(&stage, case, arguments.check).await?);
    }
    let text = render(&rows, &versions);
    if arguments.only.is_some() {
        println!("{text}");
        return Ok(());
    }
    if !arguments.check {
        std::fs::write(&arguments.table, &text).context("the table can't be written")?;
    }
    let lost = rows.iter().filter(|row| row.ours.lost > 0).count();
    ensure!(lost == 0, "calls are lost in {lost} of {} cases", rows.len());
    println!("{} cases, nothing lost", rows.len());
    let written = std::fs::read_to_string(&arguments.table).context("the table can't be read")?;
    ensure!(lasting(&written).eq(lasting(&text)), "the table is stale; run `cargo xtask gateways`");
    Ok(())
}

async fn play(stage: &Stage, case: Case, is_check: bool) -> Result<Row> {
    let with = async |is_bare| stage.play(&case, is_bare).await.with_context(|| format!("{case} can't be played"));
    let ours = with(false).await?;
    let bare = if is_check { None } else { Some(with(true).await?) };
    println!("{case}: {} of {} lost, {:.1} s", ours.lost, case.number, ours.time.as_secs_f64());
    for example in &ours.examples {
        println!("  {example}");
    }
    Ok(Row { case, ours, bare })
}
