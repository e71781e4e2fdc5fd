//! `import`: stores the facts of files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use lumetra_engram::{Dedup, EngramClient, EngramError, IngestOutcome, IngestProgress};
use serde::Serialize;
use serde_json::{Value, json};

use super::in_bucket;
use crate::bucket_name::bucket_name;
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
    #[arg(short, long, value_name = "NAME", value_parser = bucket_name)]
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
            if let Err(failure) = import.file(file, count).await {
                return Err(import.broken_off(failure));
            }
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
    /// The server accepted them, and what it said of them can't be read.
    accepted: usize,
    failed: usize,
    /// They were being sent when the import was stopped.
    unknown: usize,
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

    /// Whether every fact is known to be stored.
    fn are_all_stored(&self) -> bool {
        self.accepted + self.failed + self.unknown + self.not_attempted == 0
    }

    fn summary(&self) -> String {
        format!("Stored {}, merged {}.", count(self.stored, "fact", "facts"), self.merged)
    }

    /// What is not stored, or not known to be.
    fn rest(&self) -> String {
        let rest = [
            (self.failed, "failed"),
            (self.accepted, "accepted but not confirmed by the server"),
            (self.unknown, "stopped while being sent, so they may be stored"),
            (self.not_attempted, "not attempted"),
        ];
        let rest = rest.into_iter().filter(|(number, _)| *number > 0);
        rest.map(|(number, what)| format!("{} {what}", count(number, "fact", "facts"))).collect::<Vec<_>>().join(", ")
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
            let (some, end) = next_facts(&mut records);
            for (bucket, records) in self.by_bucket(some) {
                self.store(&bucket, &records, left).await?;
            }
            if let Some(end) = end {
                return end;
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
        let latest = Arc::new(Mutex::new(IngestProgress::default()));
        let noted = Arc::clone(&latest);
        let contents = records.iter().map(|record| record.content.as_str());
        let contents = contents.take_while(|_| interrupts.first().is_none());
        let request = self.engram.ingest(contents).bucket(bucket);
        let request = request.on_progress(move |progress| {
            *noted.lock().unwrap_or_else(PoisonError::into_inner) = *progress;
            bar.set_position((done + progress.done()) as u64);
        });
        let request = match self.options.dedup {
            Some(alike) => request.dedup(alike.into()),
            None => request,
        };
        let report = tokio::select! {
            report = request => report,
            () = interrupts.second() => {
                self.gave_up = true;
                let progress = *latest.lock().unwrap_or_else(PoisonError::into_inner);
                self.totals.add(progress);
                self.totals.unknown += records.len() - progress.done();
                let why = "stopped while it was being sent; it may be stored";
                return Ok(records.iter().try_for_each(|record| left.write(record, bucket, why))?);
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
        for (record, outcome) in records.iter().zip(&report.outcomes) {
            if let IngestOutcome::Accepted { error } = outcome {
                self.first_failure.get_or_insert_with(|| Arc::clone(error));
                left.write(record, bucket, &format!("it may be stored: {error}"))?;
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
        let (data, summary) = (self.data(), self.totals.summary());
        if self.totals.are_all_stored() {
            return context.output.print(&data, |out| writeln!(out, "{summary}")).map_err(Failure::after_effect);
        }
        context.output.before_failure(|out| writeln!(out, "{summary}"));
        let hint = self.how_to_go_on();
        let what = self.totals.rest();
        let is_none_stored = self.totals.stored + self.totals.merged == 0;
        let failure = match (self.interrupts.first(), self.stopped, self.first_failure) {
            (Some(signal), ..) => Failure::new(signal.kind(), signal.kind().name()).and(&what),
            (_, Some(error), _) | (.., Some(error)) if is_none_stored => Failure::from(error).and(&what),
            (_, Some(error), _) => {
                Failure::new(Kind::Partial, format!("{what}, because the import was stopped: {error}"))
            }
            (.., Some(error)) => Failure::new(Kind::Partial, format!("{what}; the first error is: {error}")),
            (.., None) => Failure::new(Kind::Partial, what),
        };
        Err(failure.hint(hint).data(data))
    }

    /// The failure of this program that ends it. What was done before is told all the same.
    fn broken_off(self, failure: Failure) -> Failure {
        self.bar.finish_and_clear();
        let data = self.data();
        let rest = self.totals.rest();
        let more = if rest.is_empty() { self.totals.summary() } else { format!("{} {rest}", self.totals.summary()) };
        Failure::new(Kind::Partial, failure.to_string()).and(&format!("the import ended there. {more}")).data(data)
    }

    fn data(&self) -> Value {
        json!({"totals": self.totals, "left": self.left})
    }

    fn how_to_go_on(&self) -> String {
        let files: Vec<String> = self.left.iter().map(|file| quoted(file)).collect();
        format!("To go on: lumetra-engram import {}", files.join(" "))
    }
}

/// The path, fit for a shell's command line.
fn quoted(file: &Path) -> String {
    let path = file.display().to_string();
    // Else it would be an option.
    let path = if path.starts_with('-') { format!("./{path}") } else { path };
    shlex::try_quote(&path).map(Cow::into_owned).unwrap_or(path)
}

/// As many as may be in memory, and how the file ends where it does: it may have changed since it was checked.
fn next_facts(records: &mut Records) -> (Vec<Record>, Option<Result<(), Failure>>) {
    let (mut some, mut bytes) = (Vec::new(), 0);
    while some.len() < MOST_FACTS && bytes < MOST_BYTES {
        match records.next() {
            Some(Ok(record)) => {
                bytes += record.content.len();
                some.push(record);
            }
            Some(Err(failure)) => return (some, Some(Err(failure))),
            None => return (some, Some(Ok(()))),
        }
    }
    (some, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_file_changed_is_sent_all_the_same() {
        let record = |content: &str| Record { content: content.to_owned(), bucket: None };
        let changed = Failure::new(Kind::File, "facts.jsonl, line 3: it is not JSON");
        let mut records: Records = Box::new([Ok(record("one")), Ok(record("two")), Err(changed)].into_iter());
        let (some, end) = next_facts(&mut records);
        assert_eq!(some, [record("one"), record("two")]);
        assert!(end.is_some_and(|end| end.is_err()));
    }
}
