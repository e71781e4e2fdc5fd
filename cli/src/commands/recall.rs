//! `recall`: the memories for a question, without an answer.

use clap::Args;
use serde_json::json;

use super::in_bucket::InBuckets;
use super::question::question;
use super::sources::{print, sources};
use crate::context::Context;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram recall 'tea or coffee'
  lumetra-engram recall --bucket work --limit 3 deadlines";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    /// What the memories should be about
    #[arg(required = true)]
    question: Vec<String>,
    #[command(flatten)]
    buckets: InBuckets,
    /// The most memories to find in each bucket
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let engram = context.client()?;
    let (question, buckets) = (question(&options.question)?, options.buckets.names()?);
    let request = engram.query(&question).buckets(&buckets).top_k(options.limit);
    let result = context.read(async { Ok(request.skip_synthesis(true).return_explanation(true).await?) })?;
    let memories = sources(result);
    if memories.is_empty() {
        context.output.note(&format!("No memories match in {}.", quoted(&buckets)));
    }
    let data = json!({"question": question, "buckets": buckets, "memories": memories});
    context.output.print(&data, |out| print(&memories, context.terminal.width(), out))
}

fn quoted(buckets: &[String]) -> String {
    buckets.iter().map(|bucket| format!("{bucket:?}")).collect::<Vec<_>>().join(", ")
}
