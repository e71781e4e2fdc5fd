//! `import`: stores the facts of files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use lumetra_engram::{Dedup, EngramClient, EngramError, IngestProgress};
use serde::Serialize;
use serde_json::json;

use super::in_bucket;
use crate::context::Context;
use crate::facts::{Format, Left, Record, Records, read};
use crate::failure::{Failure, Kind};
use crate::interrupts::Interrupts;
use crate::progress;
use crate::text::count;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram import facts.jsonl
  lumetra-engram import --bucket work notes.txt people.csv
  lumetra-engram import ~/memory.jsonl       # the file of the MCP server \"memory\"";

const AFTER_HELP: &str = "\
All files are checked before anything is sent. Facts that fail are written to FILE.failed.jsonl with the error, as are facts that were not \
attempted because of Ctrl-C or a lost server; import that file to go on.";

/// How many facts are in memory at most, and about how many bytes of them.
const MOST_FACTS: usize = 10_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = AFTER_HELP)]
pub(crate) struct Options {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The bucket for all facts [default: the one in the file, else $ENGRAM_BUCKET, else that of .engram.toml, else `default`]
    #[arg(short, long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    bucket: Option<String>,
    /// The format of the files [default: by their names, else by their first lines]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// How similar two facts must be to be merged; sends each fact in its own request, which is slower [default: the server's choice]
    #[arg(long, value_name = "HOW")]
    dedup: Option<Alike>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Alike {
    /// Merge nothing
    Off,
    /// Merge what is nearly the same
    Loose,
    /// Merge what is the same
    Strict,
}

impl From<Alike> for Dedup {
    fn from(alike: Alike) -> Self {
        match alike {
            Alike::Off => Self::Off,
            Alike::Loose => Self::Loose,
            Alike::Strict => Self::Strict,
        }
    }
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let engram = context.client()?.with_bucket(in_bucket::name(None)?);
    let counts: Vec<usize> =
        options.files.iter().map(|file| counted(file, options.format)).collect::<Result<_, _>>()?;
    context.wait(async {
        let mut import = Import::new(engram, &options, counts.iter().sum(), context)?;
        for (file, count) in options.files.iter().zip(counts) {
            import.file(file, count).await?;
        }
        import.end(context)
    })?
}

/// How many facts are in the file, all of which can be read.
fn counted(file: &Path, format: Option<Format>) -> Result<usize, Failure> {
    let no_file = |what, hint| Failure::new(Kind::File, format!("{} is {what}", file.display())).hint(hint);
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => return Err(no_file("a folder", "Pass the files in it instead.")),
        Ok(metadata) if !metadata.is_file() => {
            return Err(no_file("no file", "To store facts from a pipe, use `lumetra-engram remember -`."));
        }
        _ => {}
    }
    let facts = read(file, format).and_then(|mut facts| facts.try_fold(0, |count, record| record.map(|_| count + 1)));
    facts.map_err(|failure| failure.and("nothing was imported"))
}

#[derive(Default, Serialize)]
struct Totals {
    stored: usize,
    merged: usize,
    accepted: usize,
    failed: usize,
    not_attempted: usize,
}

impl Totals {
    fn add(&mut self, progress: IngestProgress) {
        self.stored += progress.stored;
        self.merged += progress.merged;
        self.accepted += progress.accepted;
        self.failed += progress.failed;
    }

    fn done(&self) -> usize {
        self.stored + self.merged + self.accepted + self.failed
    }
}

struct Import<'a> {
    engram: EngramClient,
    options: &'a Options,
    bar: ProgressBar,
    interrupts: Interrupts,
    totals: Totals,
    /// Why it ended early.
    stopped: Option<Arc<EngramError>>,
    /// Why the first of those that failed did.
    first_failure: Option<Arc<EngramError>>,
    gave_up: bool,
    /// What to import in order to go on.
    left: Vec<PathBuf>,
}

impl<'a> Import<'a> {
    fn new(engram: EngramClient, options: &'a Options, total: usize, context: &Context) -> Result<Self, Failure> {
        let bar = progress::bar(Some(total as u64), context.terminal);
        let (output, shown) = (context.output, bar.clone());
        let interrupts = Interrupts::listen(move || {
            shown.suspend(|| output.note("Finishing the requests under way. Press Ctrl-C again to stop at once."));
        })?;
        let (totals, left) = (Totals::default(), Vec::new());
        Ok(Self { engram, options, bar, interrupts, totals, stopped: None, first_failure: None, gave_up: false, left })
    }

    fn is_over(&self) -> bool {
        self.stopped.is_some() || self.gave_up || self.interrupts.first().is_some()
    }

    async fn file(&mut self, file: &Path, count: usize) -> Result<(), Failure> {
        if self.is_over() {
            self.totals.not_attempted += count;
            self.left.push(file.to_owned());
            return Ok(());
        }
        let unwritable = |error| Failure::file("record the failures of", file, &error);
        let mut left = Left::beside(file).map_err(unwritable)?;
        let outcome = self.facts(read(file, self.options.format)?, &mut left).await;
        self.left.extend(left.finish().map_err(unwritable)?);
        outcome
    }

    async fn facts(&mut self, mut records: Records, left: &mut Left) -> Result<(), Failure> {
        loop {
            let some = next_facts(&mut records)?;
            if some.is_empty() {
                return Ok(());
            }
            for (bucket, records) in self.by_bucket(some) {
                self.store(&bucket, &records, left).await?;
            }
        }
    }

    /// In the order in which the buckets come up.
    fn by_bucket(&self, records: Vec<Record>) -> Vec<(String, Vec<Record>)> {
        let mut groups: Vec<(String, Vec<Record>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for record in records {
            let bucket = self.options.bucket.as_ref().or(record.bucket.as_ref());
            let bucket = bucket.map_or_else(|| self.engram.default_bucket(), String::as_str).to_owned();
            let place = *places.entry(bucket.clone()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, group)) => group.push(record),
                None => groups.push((bucket, vec![record])),
            }
        }
        groups
    }

    async fn store(&mut self, bucket: &str, records: &[Record], left: &mut Left) -> Result<(), Failure> {
        if self.is_over() {
            return self.skip(bucket, records, "not attempted", left);
        }
        let (done, bar, interrupts) = (self.totals.done(), self.bar.clone(), self.interrupts.clone());
        let contents = records.iter().map(|record| record.content.as_str());
        let contents = contents.take_while(|_| interrupts.first().is_none());
        let request = self.engram.ingest(contents).bucket(bucket);
        let request = request.on_progress(move |progress| bar.set_position((done + progress.done()) as u64));
        let request = match self.options.dedup {
            Some(alike) => request.dedup(alike.into()),
            None => request,
        };
        let report = tokio::select! {
            report = request => report,
            () = interrupts.second() => {
                self.gave_up = true;
                return self.skip(bucket, records, "stopped while it was being sent; it may be stored", left);
            }
        };
        let report = match report {
            Ok(report) => report,
            // Of the bucket: nothing was sent.
            Err(error) => return self.refuse(bucket, records, error, left),
        };
        self.totals.add(report.totals);
        for failure in &report.failures {
            self.first_failure.get_or_insert_with(|| Arc::clone(&failure.error));
            if let Some(record) = records.get(failure.index) {
                left.write(record, bucket, &failure.error.to_string())?;
            }
        }
        self.stopped = report.stopped;
        self.skip(bucket, records.get(report.outcomes.len()..).unwrap_or_default(), "not attempted", left)
    }

    fn skip(&mut self, bucket: &str, records: &[Record], why: &str, left: &mut Left) -> Result<(), Failure> {
        self.totals.not_attempted += records.len();
        Ok(records.iter().try_for_each(|record| left.write(record, bucket, why))?)
    }

    fn refuse(&mut self, bucket: &str, records: &[Record], error: EngramError, left: &mut Left) -> Result<(), Failure> {
        self.totals.failed += records.len();
        let why = error.to_string();
        self.first_failure.get_or_insert_with(|| Arc::new(error));
        Ok(records.iter().try_for_each(|record| left.write(record, bucket, &why))?)
    }

    fn end(self, context: &Context) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        let Totals { stored, merged, accepted, failed, not_attempted } = self.totals;
        let data = json!({"totals": self.totals, "left": self.left});
        if failed + not_attempted == 0 {
            return context.output.print(&data, |out| writeln!(out, "{}", summary(&self.totals)));
        }
        if !context.output.json {
            context.output.human(|out| writeln!(out, "{}", summary(&self.totals)))?;
        }
        let files: Vec<String> = self.left.iter().map(|file| quoted(file)).collect();
        let hint = format!("To go on: lumetra-engram import {}", files.join(" "));
        let what = not_stored(failed, not_attempted);
        let failure = match (self.interrupts.first(), self.stopped, self.first_failure) {
            (Some(signal), ..) => Failure::new(signal.kind(), signal.kind().name()).and(&what),
            (_, Some(error), _) | (.., Some(error)) if stored + merged + accepted == 0 => {
                Failure::from(error).and(&what)
            }
            (_, Some(error), _) => {
                Failure::new(Kind::Partial, format!("{what}, because the import was stopped: {error}"))
            }
            (.., Some(error)) => Failure::new(Kind::Partial, format!("{what}; the first error is: {error}")),
            (.., None) => Failure::new(Kind::Partial, what),
        };
        Err(failure.hint(hint).data(data))
    }
}

/// The path, fit for a shell's command line.
fn quoted(file: &Path) -> String {
    let path = file.display().to_string();
    if path.contains(char::is_whitespace) { format!("{path:?}") } else { path }
}

fn not_stored(failed: usize, not_attempted: usize) -> String {
    let facts = |number| count(number, "fact", "facts");
    match (failed, not_attempted) {
        (failed, 0) => format!("{} failed", facts(failed)),
        (0, not_attempted) => format!("{} not attempted", facts(not_attempted)),
        _ => format!("{} failed, and {not_attempted} not attempted", facts(failed)),
    }
}

fn summary(totals: &Totals) -> String {
    let stored = count(totals.stored + totals.accepted, "fact", "facts");
    format!("Stored {stored}, merged {}.", totals.merged)
}

/// As many as may be in memory.
fn next_facts(records: &mut Records) -> Result<Vec<Record>, Failure> {
    let (mut some, mut bytes) = (Vec::new(), 0);
    while some.len() < MOST_FACTS && bytes < MOST_BYTES {
        let Some(record) = records.next() else { break };
        let record = record?;
        bytes += record.content.len();
        some.push(record);
    }
    Ok(some)
}
