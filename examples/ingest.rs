//! Stores the facts of a JSONL file, each line an object with `content`. What fails goes into a file beside it, which can be ingested
//! in its turn; the exit code says whether anything did. Without a file it takes a small one of its own, with two bad lines.
//!
//! ```text
//! cargo run --example ingest -- facts.jsonl
//! ```

use std::error::Error;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use indicatif::{ProgressBar, ProgressStyle};
use lumetra_engram::{Contents, IngestReport};
use lumetra_engram_examples::connect;
use serde::Deserialize;
use serde_json::json;

const BUCKET: &str = "lumetra-engram-ingest";

#[derive(Deserialize)]
struct Fact {
    content: String,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = match std::env::args_os().nth(1) {
        Some(path) => path.into(),
        None => sample()?,
    };
    let (engram, _server) = connect().await?;

    // The file is read as its facts are sent, so the share of it that was read is how far the ingest is.
    let file = File::open(&path)?;
    let bar = ProgressBar::new(file.metadata()?.len());
    bar.set_style(ProgressStyle::with_template("{bar:40} {percent}%  {msg}")?);
    let unreadable = AtomicUsize::new(0);
    let complain = |line: usize, problem: &dyn Display| {
        unreadable.fetch_add(1, Relaxed);
        bar.suspend(|| eprintln!("line {line} is not a fact: {problem}"));
    };
    let lines = BufReader::new(bar.wrap_read(file)).lines().zip(1..);
    let facts = lines
        .map_while(|(line, number)| line.map(|line| (line, number)).map_err(|error| complain(number, &error)).ok())
        .filter_map(|(line, number)| serde_json::from_str::<Fact>(&line).map_err(|error| complain(number, &error)).ok())
        .map(|fact| fact.content);

    let report = engram
        .ingest(facts)
        .bucket(BUCKET)
        .on_progress(|progress| bar.set_message(format!("{} done, {} failed", progress.done(), progress.failed)))
        .await?;
    bar.finish_and_clear();

    let totals = report.totals;
    println!("{} stored, {} merged into others, {} failed", totals.stored, totals.merged, totals.failed);
    for failure in report.failures.iter().take(10) {
        println!("  fact {}: {}", failure.index + 1, failure.error);
    }
    if let Some(error) = &report.stopped {
        println!("Stopped early: {error}");
    }
    let complete = report.is_complete();
    if !complete {
        let failed = path.with_extension("failed.jsonl");
        write_failed(&failed, report)?;
        println!("What failed, and what was not attempted, is in {}", failed.display());
    }
    Ok(if complete && unreadable.load(Relaxed) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes the facts that are not stored, with the reason where there is one.
fn write_failed(path: &Path, report: IngestReport<Contents<'_>>) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    for failure in &report.failures {
        writeln!(file, "{}", json!({ "content": failure.content, "error": failure.error.to_string() }))?;
    }
    for content in report.not_attempted {
        writeln!(file, "{}", json!({ "content": content }))?;
    }
    Ok(file.flush()?)
}

/// 1000 facts, of which the server refuses one, and a line that is no fact.
fn sample() -> Result<PathBuf, Box<dyn Error>> {
    let path = std::env::temp_dir().join("lumetra-engram-facts.jsonl");
    let mut file = BufWriter::new(File::create(&path)?);
    for number in 1..=1000 {
        match number {
            300 => writeln!(file, r#"{{"content": " "}}"#)?,
            600 => writeln!(file, "The user likes the number 600")?,
            _ => writeln!(file, "{}", json!({ "content": format!("The user likes the number {number}") }))?,
        }
    }
    file.flush()?;
    Ok(path)
}
