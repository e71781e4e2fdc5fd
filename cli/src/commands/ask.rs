//! `ask`: an answer from memory.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use lumetra_engram::{EngramClient, QueryResult, QueryStreamEvent};
use serde_json::json;

use super::in_bucket::InBuckets;
use super::question::question;
use super::sources::{print, sources};
use crate::context::Context;
use crate::failure::{Failure, Kind};
use crate::output::{FAINT, Output, styled};
use crate::text::shown;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram ask 'What does the user drink?'
  lumetra-engram ask --sources --bucket work --bucket home 'Where is the spare key?'
  lumetra-engram ask --json 'Which mode?' | jq -r .data.answer";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    /// The question
    #[arg(required = true)]
    question: Vec<String>,
    #[command(flatten)]
    buckets: InBuckets,
    /// Show the memories behind the answer
    #[arg(long)]
    sources: bool,
    /// The most memories to find in each bucket [default: 8]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let engram = context.client()?;
    let (question, buckets) = (question(&options.question)?, options.buckets.names()?);
    if context.terminal.shows_output() && !context.output.json {
        return stream(&engram, &question, &buckets, &options, context);
    }
    // Streamed as well: a model on one's own machine may write for longer than a whole answer is waited for.
    let request = engram.query_stream(&question).buckets(&buckets);
    let request = request.return_explanation(options.sources || context.output.json);
    let request = match options.limit {
        Some(limit) => request.top_k(limit),
        None => request,
    };
    let mut result = context.read(async { Ok(request.await?.finish().await?) })?;
    let answer = std::mem::take(&mut result.answer);
    let sources = sources(result);
    let data = json!({"question": question, "buckets": buckets, "answer": answer, "sources": sources});
    context.output.print(&data, |out| {
        writeln!(out, "{}", shown(&answer))?;
        if options.sources {
            writeln!(out)?;
            print(&sources, None, out)?;
        }
        Ok(())
    })
}

/// Shows the answer as it is written.
fn stream(
    engram: &EngramClient,
    question: &str,
    buckets: &[String],
    options: &Options,
    context: &Context,
) -> Result<(), Failure> {
    let has_begun = AtomicBool::new(false);
    let outcome = context.read(pieces(engram, question, buckets, options, context.output, &has_begun));
    if has_begun.load(Ordering::Relaxed) {
        context.output.human(|out| writeln!(out))?;
    }
    let result = match outcome {
        Err(failure) if failure.is_broken_pipe() || !has_begun.load(Ordering::Relaxed) => return Err(failure),
        Err(failure) if failure.was_asked_for() => return Err(failure.and("the answer above is incomplete")),
        Err(failure) => return Err(failure.hint("The answer above is incomplete: ask again.")),
        Ok(result) => result,
    };
    if !options.sources {
        return Ok(());
    }
    let sources = sources(result);
    context.output.human(|out| {
        writeln!(out, "\n{}", styled(FAINT, "From these memories:"))?;
        print(&sources, context.terminal.width(), out)
    })
}

async fn pieces(
    engram: &EngramClient,
    question: &str,
    buckets: &[String],
    options: &Options,
    output: Output,
    has_begun: &AtomicBool,
) -> Result<QueryResult, Failure> {
    let request = engram.query_stream(question).buckets(buckets).return_explanation(options.sources);
    let request = match options.limit {
        Some(limit) => request.top_k(limit),
        None => request,
    };
    let mut stream = request.await?;
    while let Some(event) = stream.next().await {
        match event? {
            QueryStreamEvent::Delta { content } => {
                has_begun.store(true, Ordering::Relaxed);
                output.human(|out| write!(out, "{}", shown(&content)))?;
            }
            QueryStreamEvent::Done(result) => {
                if !has_begun.swap(true, Ordering::Relaxed) {
                    output.human(|out| write!(out, "{}", shown(&result.answer)))?;
                }
                return Ok(*result);
            }
            _ => {}
        }
    }
    Err(Failure::new(Kind::Network, "the answer ended early"))
}
