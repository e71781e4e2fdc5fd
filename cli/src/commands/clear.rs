//! `clear`: deletes all memories of a bucket.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::confirmation::Confirmation;
use crate::context::Context;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram export --bucket work --output work.jsonl && lumetra-engram clear work
  lumetra-engram clear work --confirm work";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    /// The bucket to empty
    bucket: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let engram = context.client()?;
    let bucket = &options.bucket;
    options.confirmation.check(bucket, &format!("all memories of the bucket {bucket:?}"), context)?;
    let cleared = context.write(async { Ok(engram.clear_memories(bucket).await?) })?.cleared_count;
    let print = |out: &mut dyn Write| match cleared {
        Some(1) => writeln!(out, "Cleared {bucket:?}: deleted 1 memory."),
        Some(count) => writeln!(out, "Cleared {bucket:?}: deleted {count} memories."),
        None => writeln!(out, "Cleared {bucket:?}."),
    };
    context.output.print(&json!({"bucket": bucket, "cleared": cleared}), print).map_err(Failure::after_effect)
}
