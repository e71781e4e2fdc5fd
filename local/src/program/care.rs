//! The commands that take care of a database, and the one that asks after a server.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::health;
use crate::error::LocalServerError;
use crate::store::care::Stop;
use crate::store::care::backup::backup;
use crate::store::care::check::{Finding, Verdict, check};
use crate::store::care::compact::{Compacted, compact};
use crate::store::care::reindex::{Reindexed, reindex};
use crate::store::care::stats::{FactStats, Stats, VectorStats, stats};

/// As programs end that Ctrl-C stops.
const INTERRUPTED: u8 = 130;

#[derive(Debug, PartialEq, Subcommand)]
pub(super) enum Command {
    /// Copy the database to a file, even while a server uses it
    ///
    /// The copy has the state of one moment, with every write that was acknowledged before. The file appears once it is complete, checked
    /// and on the disk. Only its owner can read it, and it contains no deleted text. To restore it, stop the server, replace the database
    /// with the file, and delete the files beside it that end in -wal and -shm.
    Backup {
        /// The file to write
        #[arg(value_name = "FILE")]
        target: PathBuf,
        /// Replace the file if it exists
        #[arg(long)]
        replace: bool,
    },
    /// Read the whole database, and report whether it is sound
    ///
    /// It checks the structure of the file, and the full-text index, the counts, the vectors, the facts and the profiles against the
    /// memories. The exit code is 1 if something is wrong. A server may be using the database.
    Check,
    /// Rebuild the full-text index, and let the server make the vectors again
    ///
    /// A server may be using the database. Its writes wait meanwhile, and fail with 503 after 10 seconds.
    Reindex,
    /// Rewrite the database as small as possible and without deleted text
    ///
    /// A server may be using the database. Its writes wait meanwhile, and fail with 503 after 10 seconds. This needs up to twice the size of
    /// the database on the disk.
    Compact,
    /// Show sizes and counts of the database, without names or contents
    Stats {
        /// Print one JSON object, for programs
        #[arg(long)]
        json: bool,
    },
    /// Ask a running server whether it is well, for the health checks of containers
    ///
    /// The exit code is 1 where no server answers, or one that could store nothing.
    Health {
        /// Where it listens
        #[arg(value_name = "ADDRESS", default_value = "127.0.0.1:7878")]
        address: String,
    },
}

/// How a command ended.
pub(super) struct Outcome {
    /// For the standard output stream.
    pub(super) text: String,
    /// What is left to do.
    pub(super) problem: Option<String>,
    pub(super) code: ExitCode,
}

/// Runs the command off the async threads, unless it is asked to stop.
pub(super) async fn run(
    command: Command,
    database: PathBuf,
    stop_asked: impl Future<Output = ()>,
) -> Result<Outcome, Box<dyn Error>> {
    let stop = Stop::default();
    let told = stop.clone();
    let mut work = tokio::task::spawn_blocking(move || outcome(&command, &database, &told));
    let outcome = tokio::select! {
        outcome = &mut work => outcome?,
        () = stop_asked => {
            stop.ask();
            work.await?
        }
    };
    match outcome {
        Err(_) if stop.is_asked() => Ok(Outcome {
            text: String::new(),
            problem: Some("interrupted; the database is unchanged".to_owned()),
            code: ExitCode::from(INTERRUPTED),
        }),
        outcome => Ok(outcome?),
    }
}

fn outcome(command: &Command, database: &Path, stop: &Stop) -> Result<Outcome, LocalServerError> {
    match command {
        Command::Backup { target, replace } => {
            let copied = backup(database, target, *replace, stop)?;
            let (memories, size) = (count(copied.memories, "memory", "memories"), size(copied.bytes));
            Ok(done(format!("Copied {memories} to {}: {size}.", target.display())))
        }
        Command::Check => Ok(checked(check(database, stop)?, database)),
        Command::Reindex => Ok(done(reindexed(&reindex(database, stop)?))),
        Command::Compact => Ok(compacted(&compact(database, stop)?, database)),
        Command::Stats { json } => {
            let stats = stats(database, stop)?;
            Ok(done(if *json { serde_json::json!(stats).to_string() } else { table(&stats) }))
        }
        Command::Health { address } => Ok(health(address)),
    }
}

fn health(address: &str) -> Outcome {
    match health::ask(address) {
        Ok(()) => done(format!("The server at {address} is well.")),
        Err(problem) => failed(String::new(), problem),
    }
}

fn done(text: String) -> Outcome {
    Outcome { text, problem: None, code: ExitCode::SUCCESS }
}

fn failed(text: String, problem: String) -> Outcome {
    Outcome { text, problem: Some(problem), code: ExitCode::FAILURE }
}

fn reindexed(reindexed: &Reindexed) -> String {
    let memories = count(reindexed.memories, "memory", "memories");
    let mut text = format!("Reindexed {memories}.");
    if reindexed.vectors > 0 {
        text.push_str(" A server with the embeddings model will make their vectors again.");
    }
    if reindexed.facts {
        text.push_str(" Their facts were discarded; a server with --extract will take them again.");
    }
    text
}

fn compacted(compacted: &Compacted, database: &Path) -> Outcome {
    let text = format!("{} before, and {} now.", size(compacted.before), size(compacted.after));
    if compacted.wal_is_empty {
        return done(text);
    }
    let wal = format!("{}-wal", database.display());
    let problem = format!(
        "another program is reading the database, so {wal} still contains deleted text; stop that program and try again"
    );
    failed(text, problem)
}

fn checked(verdict: Verdict, database: &Path) -> Outcome {
    let path = database.display();
    match verdict {
        Verdict::Sound { buckets, memories, vectors, facts } => {
            let memories = count(memories, "memory", "memories");
            let (buckets, vectors) = (count(buckets, "bucket", "buckets"), count(vectors, "vector", "vectors"));
            let facts = if facts > 0 { format!(", {}", count(facts, "fact", "facts")) } else { String::new() };
            done(format!("{path} is sound: {memories} in {buckets}, {vectors}{facts}."))
        }
        Verdict::Damaged(findings) => {
            let cure = if findings.iter().all(|finding| finding.is_of_index) {
                "all memories can be read, and the command `reindex` rebuilds the rest from them"
            } else {
                "restore it from a backup; `reindex` cannot repair it"
            };
            let lines: Vec<String> =
                findings.into_iter().map(|Finding { message, .. }| format!("- {message}")).collect();
            failed(lines.join("\n"), format!("the database {path} is damaged; {cure}"))
        }
    }
}

fn table(stats: &Stats) -> String {
    let mut rows = vec![
        ("database", stats.database.clone()),
        ("size", size(stats.file)),
        ("-wal, -shm", format!("{}, {}", size(stats.wal), size(stats.shm))),
        ("tenants", stats.tenants.to_string()),
        ("buckets", stats.buckets.to_string()),
        ("memories", stats.memories.to_string()),
        ("terms", stats.terms.to_string()),
    ];
    if let (Some(oldest), Some(newest)) = (&stats.oldest, &stats.newest) {
        rows.extend([("oldest", oldest.clone()), ("newest", newest.clone())]);
    }
    match &stats.vectors {
        Some(vectors) => rows.extend(of_vectors(vectors)),
        None => rows.push(("vectors", "none; no embeddings model has been used".to_owned())),
    }
    match &stats.facts {
        Some(facts) => rows.extend(of_facts(facts)),
        None => rows.push(("facts", "none; no memory has had its facts taken".to_owned())),
    }
    rows.push(("profiles", format!("{} ready, {} waiting", stats.profiles.ready, stats.profiles.waiting)));
    let lines: Vec<String> = rows.into_iter().map(|(name, value)| format!("{name:<12}{value}")).collect();
    lines.join("\n")
}

fn of_vectors(vectors: &VectorStats) -> [(&'static str, String); 5] {
    [
        ("model", format!("{}, {} dimensions", vectors.model, vectors.dimension)),
        ("vectors", vectors.vectors.to_string()),
        ("embedded", count(vectors.embedded, "memory", "memories")),
        ("waiting", count(vectors.waiting, "memory", "memories")),
        ("failed", count(vectors.failed, "memory", "memories")),
    ]
}

fn of_facts(facts: &FactStats) -> [(&'static str, String); 5] {
    [
        ("facts", facts.facts.to_string()),
        ("entities", facts.entities.to_string()),
        ("extracted", count(facts.extracted, "memory", "memories")),
        ("waiting", count(facts.waiting, "memory", "memories")),
        ("failed", count(facts.failed, "memory", "memories")),
    ]
}

fn count(number: i64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn size(bytes: u64) -> String {
    format!("{bytes} bytes ({:.1} MiB)", bytes as f64 / (1024.0 * 1024.0))
}
