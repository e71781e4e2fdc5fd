//! `list`: the memories of a bucket, newest first.

use std::io::{self, Write};

use clap::Args;
use serde_json::json;

use super::in_bucket::InBucket;
use crate::context::Context;
use crate::facts::Fact;
use crate::failure::Failure;
use crate::output::{FAINT, styled};
use crate::text::one_line;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram list
  lumetra-engram list --bucket work --limit 100
  lumetra-engram list --all | grep tea";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    bucket: InBucket,
    /// How many memories to show at most
    #[arg(long, value_name = "NUMBER", default_value_t = 20, conflicts_with = "all")]
    limit: usize,
    /// Show all of them
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let engram = context.client()?.with_bucket(&options.bucket.name);
    let bucket = &options.bucket.name;
    let most = if options.all { usize::MAX } else { options.limit };
    context.read(async {
        let mut memories = engram.list_memories().stream();
        let mut facts = Vec::new();
        let mut number = 0;
        let mut has_more = false;
        while let Some(memory) = memories.next().await {
            let fact = Fact::new(memory?, bucket);
            if number == most {
                has_more = true;
                break;
            }
            number += 1;
            match context.output.json {
                true => facts.push(fact),
                false => context.output.human(|out| line(&fact, out))?,
            }
        }
        if has_more {
            context.output.note("There are more: see --limit and --all.");
        } else if number == 0 {
            context.output.note(&format!("The bucket {bucket:?} is empty."));
        }
        context.output.print(&json!({"bucket": bucket, "memories": facts, "has_more": has_more}), |_| Ok(()))
    })
}

fn line(fact: &Fact, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}  {}", styled(FAINT, &fact.id), one_line(&fact.content))
}
