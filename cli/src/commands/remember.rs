//! `remember`: stores facts.

use std::io::{self, Write};
use std::sync::Arc;

use clap::Args;
use lumetra_engram::{EngramClient, EngramError, IngestOutcome, IngestReport, StoreMemoryResult};
use serde::Serialize;
use serde_json::json;

use super::in_bucket::InBucket;
use crate::context::Context;
use crate::facts::text;
use crate::failure::{Failure, Kind};
use crate::layout::wrapped;
use crate::output::{FAINT, styled};
use crate::text::{count, one_line};

const EXAMPLES: &str = "\
Examples:
  lumetra-engram remember 'The user prefers dark mode.'
  lumetra-engram remember --bucket work 'Ana leads the team.' 'The office closes at 18:00.'
  grep -h '^- ' notes/*.md | lumetra-engram remember -";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    /// The facts; with `-`, or without any, one per line from standard input
    #[arg(value_name = "FACT")]
    facts: Vec<String>,
    #[command(flatten)]
    bucket: InBucket,
}

/// What became of a fact.
#[derive(Serialize)]
struct Outcome<'a> {
    content: &'a str,
    status: &'static str,
    id: Option<Box<str>>,
    error: Option<String>,
}

impl<'a> Outcome<'a> {
    fn new(content: &'a str, outcome: IngestOutcome) -> Self {
        let (status, id) = match outcome {
            IngestOutcome::Stored { id } => ("stored", Some(id)),
            IngestOutcome::Merged { into, .. } => ("merged", Some(into)),
            IngestOutcome::Accepted { error } => {
                return Self { content, status: "accepted", id: None, error: Some(error.to_string()) };
            }
            _ => ("failed", None),
        };
        Self { content, status, id, error: None }
    }

    /// Why it is not, or may not be.
    fn not_stored(&self) -> String {
        let (why, fact) = (self.error.as_deref().unwrap_or("not attempted"), one_line(self.content));
        match self.status {
            "accepted" => format!("Not confirmed ({why}): {fact}"),
            _ => format!("Not stored ({why}): {fact}"),
        }
    }

    fn print(&self, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
        let fact = one_line(self.content);
        let id = styled(FAINT, one_line(self.id.as_deref().unwrap_or_default()));
        let line = match self.status {
            "stored" => format!("Stored  {fact}  {id}"),
            "merged" => format!("Merged  {fact}  {id}"),
            _ => return Ok(()),
        };
        writeln!(out, "{}", wrapped(&line, "", "  ", width))
    }
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let engram = context.client()?.with_bucket(options.bucket.name()?);
    let facts = facts(options.facts, context)?;
    match facts.as_slice() {
        [fact] => one(&engram, fact, context),
        facts => many(&engram, facts, context),
    }
}

fn facts(given: Vec<String>, context: &Context) -> Result<Vec<String>, Failure> {
    let from_stdin = match given.as_slice() {
        [] => !context.terminal.stdin_is_a_terminal(),
        [only] => only == "-",
        several if several.iter().any(|fact| fact == "-") => {
            return Err(Failure::usage("`-` reads facts from standard input, and can't be combined with other facts")
                .hint("Store them in two commands."));
        }
        _ => false,
    };
    let facts = if from_stdin { of_stdin()? } else { given };
    let facts: Vec<String> = facts.into_iter().filter(|fact: &String| !fact.trim().is_empty()).collect();
    match facts.is_empty() {
        true => {
            Err(Failure::usage("no fact was given")
                .hint("Example: lumetra-engram remember 'The user prefers dark mode.'"))
        }
        false => Ok(facts),
    }
}

fn of_stdin() -> Result<Vec<String>, Failure> {
    text("standard input".into(), io::stdin().lock()).map(|record| Ok(record?.content)).collect()
}

fn one(engram: &EngramClient, fact: &str, context: &Context) -> Result<(), Failure> {
    let result: StoreMemoryResult = context.write(async { Ok(engram.store_memory(fact).await?) })?;
    print(engram, &[Outcome::new(fact, result.into())], context)
}

fn many(engram: &EngramClient, facts: &[String], context: &Context) -> Result<(), Failure> {
    let report = context.write(async { Ok(engram.ingest(facts.iter().map(String::as_str)).await?) })?;
    let first_error = first_error(&report);
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(facts.len());
    outcomes.extend(facts.iter().zip(report.outcomes).map(|(fact, outcome)| Outcome::new(fact, outcome)));
    for failure in &report.failures {
        if let Some(outcome) = outcomes.get_mut(failure.index) {
            outcome.error = Some(failure.error.to_string());
        }
    }
    let attempted = outcomes.len();
    outcomes.extend(facts.iter().skip(attempted).map(|fact| Outcome {
        content: fact,
        status: "not_attempted",
        id: None,
        error: None,
    }));
    let unstored: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.id.is_none()).collect();
    if unstored.is_empty() {
        return print(engram, &outcomes, context);
    }
    let why = match first_error {
        Some(error) if unstored.len() == facts.len() => return Err(error.into()),
        Some(error) => format!("; the first error is: {error}"),
        None => String::new(),
    };
    let width = context.terminal.width();
    context.output.before_failure(|out| outcomes.iter().try_for_each(|outcome| outcome.print(width, out)));
    if !context.output.json {
        unstored.iter().for_each(|outcome| context.output.note(&outcome.not_stored()));
    }
    let message = format!("{} of {} not stored{why}", unstored.len(), count(facts.len(), "fact is", "facts are"));
    Err(Failure::new(Kind::Partial, message).data(data(engram, &outcomes)))
}

/// Why it ended early, or why the first fact failed that did, or was accepted and not confirmed.
fn first_error<S>(report: &IngestReport<S>) -> Option<Arc<EngramError>> {
    let of_outcomes = report.outcomes.iter().find_map(|outcome| match outcome {
        IngestOutcome::Accepted { error } => Some(error),
        _ => None,
    });
    let of_failures = report.failures.first().map(|failure| &failure.error);
    report.stopped.as_ref().or(of_failures).or(of_outcomes).cloned()
}

fn print(engram: &EngramClient, outcomes: &[Outcome], context: &Context) -> Result<(), Failure> {
    let width = context.terminal.width();
    let print = |out: &mut dyn Write| outcomes.iter().try_for_each(|outcome| outcome.print(width, out));
    context.output.print(&data(engram, outcomes), print).map_err(Failure::after_effect)
}

fn data(engram: &EngramClient, outcomes: &[Outcome]) -> serde_json::Value {
    json!({"bucket": engram.default_bucket(), "facts": outcomes})
}
