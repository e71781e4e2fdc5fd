//! `serve`: the local server.

use std::process::ExitCode;

use clap::Args;
use lumetra_engram_local::program;
use tokio::runtime::Builder;

use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram serve --database ~/memories.db
  lumetra-engram serve --in-memory --listen 127.0.0.1:0
  lumetra-engram login --base-url http://127.0.0.1:7878    # then: any key will do
  lumetra-engram serve backup --database ~/memories.db ~/memories-backup.db
  lumetra-engram serve stats --database ~/memories.db";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct Options {
    #[command(flatten)]
    server: program::Options,
}

impl Options {
    pub(crate) fn has_json(&self) -> bool {
        self.server.has_json()
    }
}

pub(crate) fn run(options: Options) -> Result<ExitCode, Failure> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(program::run(options.server)))
}
