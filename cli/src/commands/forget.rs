//! `forget`: deletes single memories.

use clap::Args;
use serde_json::json;

use super::in_bucket::InBucket;
use crate::context::Context;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram forget 01997d2e-6c1a-7000-8000-1d2f3a4b5c6d
  lumetra-engram forget --bucket work ID ID";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    /// The ids of the memories, as `list` and `recall` show them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    bucket: InBucket,
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let bucket = options.bucket.name()?;
    let engram = context.client()?.with_bucket(&bucket);
    let mut deleted = Vec::new();
    let outcome = context.write(async {
        for id in &options.ids {
            engram.delete_memory(id).await?;
            deleted.push(id);
        }
        Ok(())
    });
    let data = json!({"bucket": bucket, "deleted": deleted});
    match outcome {
        Err(failure) if !deleted.is_empty() => Err(failure.data(data)),
        Err(failure) => Err(failure),
        Ok(()) => context.output.print(&data, |out| deleted.iter().try_for_each(|id| writeln!(out, "Forgot {id}."))),
    }
}
