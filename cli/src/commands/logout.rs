//! `logout`: deletes the saved API key.

use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::credentials;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram logout";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {}

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let deleted = credentials::delete()?;
    if std::env::var_os(lumetra_engram::ENV_API_KEY).is_some_and(|key| !key.is_empty()) {
        context.output.note("ENGRAM_API_KEY is still set.");
    }
    context.output.print(&json!({"deleted": deleted}), |out| match deleted {
        true => {
            writeln!(out, "The saved key was deleted. The key itself still works: if others may know it, revoke it where you got it.")
        }
        false => writeln!(out, "No key was saved."),
    })
}
