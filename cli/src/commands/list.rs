//! `list`: the memories of a bucket, newest first.

use std::io::{self, Write};

use clap::Args;
use serde_json::json;
use textwrap::core::display_width;

use super::in_bucket::InBucket;
use crate::context::Context;
use crate::facts::Fact;
use crate::failure::{Failure, Kind};
use crate::layout::columns;
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
    /// The most memories to show
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "all")]
    limit: u32,
    /// Show all memories
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let bucket = &options.bucket.name()?;
    let engram = context.client()?.with_bucket(bucket);
    let most = if options.all { usize::MAX } else { options.limit as usize };
    let width = context.terminal.width();
    let listed = context.read(async {
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
                false => context.output.human(|out| line(&fact, width, out))?,
            }
        }
        if has_more {
            context.output.note("There are more: use --limit or --all.");
        } else if number == 0 {
            context.output.note(&format!("The bucket {bucket:?} is empty."));
        }
        context.output.print(&json!({"bucket": bucket, "memories": facts, "has_more": has_more}), |_| Ok(()))
    });
    listed.map_err(|failure| match failure.kind() {
        Kind::NotFound => failure.hint(format!(
            "There is no bucket {bucket:?}. `lumetra-engram bucket list` shows the existing ones; storing a fact creates one."
        )),
        _ => failure,
    })
}

fn line(fact: &Fact, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let id = one_line(&fact.id);
    let text = columns(&styled(FAINT, &id), &one_line(&fact.content), display_width(&id) + 2, width);
    writeln!(out, "{text}")
}
