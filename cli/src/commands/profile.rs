//! `profile`: what a bucket says of its user, in short.

use clap::{Args, Subcommand};
use lumetra_engram::ProfileResult;
use serde_json::json;

use super::in_bucket::InBucket;
use crate::context::Context;
use crate::failure::Failure;
use crate::text::shown;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram profile show
  lumetra-engram profile regenerate --bucket work";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the profile of a bucket
    #[command(before_help = EXAMPLES)]
    Show {
        #[command(flatten)]
        bucket: InBucket,
    },
    /// Request a new profile; the service writes it later
    #[command(before_help = EXAMPLES)]
    Regenerate {
        #[command(flatten)]
        bucket: InBucket,
    },
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    match options.action {
        Action::Show { bucket } => {
            let bucket = bucket.name()?;
            let engram = context.client()?.with_bucket(&bucket);
            let result = context.read(async { Ok(engram.get_profile().await?) })?;
            print(&bucket, &result, context)
        }
        Action::Regenerate { bucket } => {
            let bucket = bucket.name()?;
            let engram = context.client()?.with_bucket(&bucket);
            let result = context.write(async { Ok(engram.regenerate_profile().await?) })?;
            context.output.note("Requested a new profile. This is the current one.");
            print(&bucket, &result, context).map_err(Failure::after_effect)
        }
    }
}

fn print(bucket: &str, result: &ProfileResult, context: &Context) -> Result<(), Failure> {
    let status = result.status.as_ref().map(lumetra_engram::ProfileStatus::as_str);
    let profile = result.profile.as_deref();
    let data = json!({"bucket": bucket, "status": status, "profile": profile, "updated_at": result.updated_at});
    context.output.print(&data, |out| match profile {
        Some(serde_json::Value::String(text)) => writeln!(out, "{}", shown(text)),
        Some(profile) => writeln!(out, "{profile:#}"),
        None => writeln!(out, "{bucket:?} has no profile (status: {}).", shown(status.unwrap_or("not known"))),
    })
}
