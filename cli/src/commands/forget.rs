//! `forget`: deletes single memories.

use std::io::Write;

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
    let print = |out: &mut dyn Write| deleted.iter().try_for_each(|id| writeln!(out, "Forgot {id}."));
    match (outcome, options.ids.get(deleted.len())) {
        (Err(failure), Some(failed)) if options.ids.len() > 1 => {
            context.output.before_failure(print);
            let failure = match options.ids.len() - deleted.len() - 1 {
                0 => failure,
                behind => failure.and(&format!("{behind} after it not attempted")),
            };
            Err(failure.about(failed).data(data))
        }
        (Err(failure), _) => Err(failure),
        (Ok(()), _) => context.output.print(&data, print).map_err(Failure::after_effect),
    }
}
