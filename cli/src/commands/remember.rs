//! `remember`: stores facts.

use std::io::{self, Write};

use clap::Args;
use lumetra_engram::{EngramClient, IngestOutcome, StoreMemoryResult};
use serde::Serialize;
use serde_json::json;

use super::in_bucket::InBucket;
use crate::context::Context;
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
            IngestOutcome::Accepted { .. } => ("accepted", None),
            _ => ("failed", None),
        };
        Self { content, status, id, error: None }
    }

    fn print(&self, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
        let fact = one_line(self.content);
        let id = styled(FAINT, self.id.as_deref().unwrap_or_default());
        let line = match self.status {
            "stored" => format!("Stored  {fact}  {id}"),
            "merged" => format!("Merged  {fact}  {id}"),
            "accepted" => format!("Stored  {fact}"),
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
    let facts = if from_stdin { io::stdin().lines().collect::<io::Result<_>>()? } else { given };
    let facts: Vec<String> = facts.into_iter().filter(|fact: &String| !fact.trim().is_empty()).collect();
    match facts.is_empty() {
        true => {
            Err(Failure::usage("no fact was given")
                .hint("Example: lumetra-engram remember 'The user prefers dark mode.'"))
        }
        false => Ok(facts),
    }
}

fn one(engram: &EngramClient, fact: &str, context: &Context) -> Result<(), Failure> {
    let result: StoreMemoryResult = context.write(async { Ok(engram.store_memory(fact).await?) })?;
    print(engram, &[Outcome::new(fact, result.into())], context)
}

fn many(engram: &EngramClient, facts: &[String], context: &Context) -> Result<(), Failure> {
    let report = context.write(async { Ok(engram.ingest(facts.iter().map(String::as_str)).await?) })?;
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
    let left = report.failures.len() + (facts.len() - attempted);
    if left == 0 {
        return print(engram, &outcomes, context);
    }
    if left == facts.len()
        && let Some(failure) = report.failures.into_iter().next()
    {
        return Err(failure.error.into());
    }
    if !context.output.json {
        print(engram, &outcomes, context)?;
        outcomes.iter().filter(|outcome| outcome.id.is_none() && outcome.status != "accepted").for_each(|outcome| {
            let why = outcome.error.as_deref().unwrap_or("not attempted");
            context.output.note(&format!("Not stored ({why}): {}", one_line(outcome.content)));
        });
    }
    let message = format!("{} of {} not stored", left, count(facts.len(), "fact is", "facts are"));
    Err(Failure::new(Kind::Partial, message).data(data(engram, &outcomes)))
}

fn print(engram: &EngramClient, outcomes: &[Outcome], context: &Context) -> Result<(), Failure> {
    let width = context.terminal.width();
    let print = |out: &mut dyn Write| outcomes.iter().try_for_each(|outcome| outcome.print(width, out));
    context.output.print(&data(engram, outcomes), print)
}

fn data(engram: &EngramClient, outcomes: &[Outcome]) -> serde_json::Value {
    json!({"bucket": engram.default_bucket(), "facts": outcomes})
}
