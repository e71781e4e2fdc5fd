//! `whoami`: which key is used for which server, and whether it works.

use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::text::count;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram whoami
  lumetra-engram whoami --json | jq -r .data.base_url";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {}

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let (key, server) = (context.connection.key()?, context.connection.server()?);
    let engram = context.client()?;
    let data = json!({
        "base_url": server.value,
        "base_url_from": server.from,
        "key_from": key.from,
    });
    context.output.before_failure(|out| {
        writeln!(out, "Server  {} (from {})", server.value, server.from)?;
        writeln!(out, "Key     from {}", key.from)
    });
    let checked = context.read(async { Ok(engram.list_buckets().await?) });
    let buckets = checked.map_err(|failure| failure.data(data.clone()))?.len();
    context.output.print(&data, |out| writeln!(out, "It works: {}.", count(buckets, "bucket", "buckets")))
}
