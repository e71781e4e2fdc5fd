//! `bucket`: lists, creates and deletes buckets.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use lumetra_engram::Bucket;
use serde::Serialize;
use serde_json::json;
use textwrap::core::display_width;

use super::confirmation::Confirmation;
use crate::context::Context;
use crate::failure::Failure;
use crate::layout::columns;
use crate::output::{STRONG, styled};
use crate::text::one_line;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram bucket list
  lumetra-engram bucket create work --description 'What I need at work'
  lumetra-engram bucket delete work --confirm work";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the buckets
    #[command(before_help = EXAMPLES)]
    List,
    /// Create an empty bucket; storing a fact creates its bucket too
    #[command(before_help = EXAMPLES)]
    Create {
        /// Its name
        name: String,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Delete a bucket and all its memories
    #[command(before_help = EXAMPLES)]
    Delete {
        /// Its name
        name: String,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    match options.action {
        Action::List => list(context),
        Action::Create { name, description } => create(&name, description, context),
        Action::Delete { name, confirmation } => delete(&name, &confirmation, context),
    }
}

#[derive(Serialize)]
struct Entry {
    name: String,
    memories: Option<i64>,
    description: Option<String>,
    created_at: Option<String>,
}

impl From<Bucket> for Entry {
    fn from(bucket: Bucket) -> Self {
        let Bucket { name, memory_count: memories, description, created_at, .. } = bucket;
        Self { name, memories, description, created_at }
    }
}

fn list(context: &Context) -> Result<(), Failure> {
    let engram = context.client()?;
    let buckets = context.read(async { Ok(engram.list_buckets().await?) })?;
    let buckets: Vec<Entry> = buckets.into_iter().map(Entry::from).collect();
    if buckets.is_empty() {
        context.output.note("There are no buckets yet. `lumetra-engram remember 'a fact'` creates the first.");
    }
    context.output.print(&json!({"buckets": buckets}), |out| table(&buckets, context.terminal.width(), out))
}

fn table(buckets: &[Entry], width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = buckets.iter().map(|bucket| one_line(&bucket.name)).collect();
    let column = names.iter().map(|name| display_width(name)).max().unwrap_or_default() + 2;
    for (bucket, name) in buckets.iter().zip(names) {
        let memories = bucket.memories.map(|count| count.to_string()).unwrap_or_default();
        let left = columns(&styled(STRONG, name), &format!("{memories:>8}"), column, None);
        let description = one_line(bucket.description.as_deref().unwrap_or_default());
        writeln!(out, "{}", columns(&left, &description, column + 10, width))?;
    }
    Ok(())
}

fn create(name: &str, description: Option<String>, context: &Context) -> Result<(), Failure> {
    let engram = context.client()?;
    let request = description.iter().fold(engram.create_bucket(name), |request, text| request.description(text));
    context.write(async { Ok(request.await?) })?;
    let print = |out: &mut dyn Write| writeln!(out, "Created {name:?}.");
    context.output.print(&json!({"bucket": name}), print).map_err(Failure::after_effect)
}

fn delete(name: &str, confirmation: &Confirmation, context: &Context) -> Result<(), Failure> {
    let engram = context.client()?;
    confirmation.check(name, &format!("the bucket {name:?} and all its memories"), context)?;
    context.write(async { Ok(engram.delete_bucket(name).await?) })?;
    let print = |out: &mut dyn Write| writeln!(out, "Deleted {name:?}.");
    context.output.print(&json!({"bucket": name}), print).map_err(Failure::after_effect)
}
