//! `export`: memories as JSONL.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use lumetra_engram::EngramClient;
use serde_json::json;
use tempfile::NamedTempFile;

use super::in_bucket::default_bucket;
use crate::context::Context;
use crate::facts::Fact;
use crate::failure::Failure;
use crate::progress;
use crate::text::count;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram export --bucket work --output work.jsonl
  lumetra-engram export --all | gzip > memories.jsonl.gz";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    /// The bucket [default: $ENGRAM_BUCKET, else `default`]
    #[arg(short, long, value_name = "NAME", conflicts_with = "all")]
    bucket: Option<String>,
    /// Export all buckets
    #[arg(long)]
    all: bool,
    /// The file to write, for you alone to read; it is replaced once all is there [default: the standard output stream]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let engram = context.client()?;
    match &options.output {
        Some(path) => to_file(&engram, path, &options, context),
        None if context.output.json => Err(Failure::usage("what is exported is JSON already, an object a line")
            .hint("Leave out `--json`, or name a file with `--output`.")),
        None => {
            let mut stdout = BufWriter::new(io::stdout().lock());
            context.read(export(&engram, &mut stdout, &options, context)).map(|_| ())
        }
    }
}

/// The file is whole, or as it was.
fn to_file(engram: &EngramClient, path: &Path, options: &Options, context: &Context) -> Result<(), Failure> {
    let unwritable = |error: io::Error| Failure::file("write", path, &error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = BufWriter::new(NamedTempFile::new_in(folder).map_err(unwritable)?);
    let number = context.read(export(engram, &mut file, options, context))?;
    let file = file.into_inner().map_err(|error| unwritable(error.into_error()))?;
    file.as_file().sync_all().map_err(unwritable)?;
    file.persist(path).map_err(|error| unwritable(error.error))?;
    context.output.print(&json!({"exported": number, "file": path}), |out| {
        writeln!(out, "Exported {} to {}.", count(number, "memory", "memories"), path.display())
    })
}

/// How many memories were written.
async fn export(
    engram: &EngramClient,
    out: &mut impl Write,
    options: &Options,
    context: &Context,
) -> Result<usize, Failure> {
    let (buckets, total) = buckets(engram, options).await?;
    let bar = progress::bar(total, context.terminal);
    let mut number = 0;
    for bucket in buckets {
        let mut memories = engram.list_memories().bucket(&bucket).stream();
        while let Some(memory) = memories.next().await {
            let line = serde_json::to_string(&Fact::new(memory?, &bucket)).map_err(io::Error::from)?;
            writeln!(out, "{line}")?;
            number += 1;
            bar.inc(1);
        }
    }
    out.flush()?;
    bar.finish_and_clear();
    Ok(number)
}

/// What to export, and how many memories there are, if the server counts them.
async fn buckets(engram: &EngramClient, options: &Options) -> Result<(Vec<String>, Option<u64>), Failure> {
    let name = options.bucket.clone().unwrap_or_else(default_bucket);
    let all = engram.list_buckets().await?;
    let chosen = all.into_iter().filter(|bucket| options.all || bucket.name == name);
    let (names, counts): (Vec<String>, Vec<Option<i64>>) =
        chosen.map(|bucket| (bucket.name, bucket.memory_count)).unzip();
    let total = counts.into_iter().map(|count| u64::try_from(count?).ok()).sum();
    // A bucket that is not there is an error of its list.
    Ok(if names.is_empty() && !options.all { (vec![name], None) } else { (names, total) })
}
