//! `recall`: the memories for a question, without an answer.

use clap::Args;
use serde_json::json;

use super::in_bucket::InBuckets;
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
    /// What the memories are to be about
    #[arg(required = true)]
    question: Vec<String>,
    #[command(flatten)]
    buckets: InBuckets,
    /// How many memories to find in each bucket at most
    #[arg(long, value_name = "NUMBER", default_value_t = 8)]
    limit: u32,
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let engram = context.client()?;
    let question = options.question.join(" ");
    let request = engram.query(&question).buckets(&options.buckets.names).top_k(options.limit);
    let result = context.read(async { Ok(request.skip_synthesis(true).return_explanation(true).await?) })?;
    let memories = sources(result);
    if memories.is_empty() {
        context.output.note("No memory matches.");
    }
    let data = json!({"question": question, "buckets": options.buckets.names, "memories": memories});
    context.output.print(&data, |out| print(&memories, out))
}
