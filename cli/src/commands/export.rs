//! `export`: memories as JSONL.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use lumetra_engram::EngramClient;
use serde_json::json;
use tempfile::NamedTempFile;

use super::in_bucket::InBucket;
use crate::context::Context;
use crate::facts::Fact;
use crate::failure::{Failure, Kind};
use crate::progress;
use crate::text::count;

const EXAMPLES: &str = "\
Examples:
  lumetra-engram export --bucket work --output work.jsonl
  lumetra-engram export --all | gzip > memories.jsonl.gz";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    bucket: InBucket,
    /// Export all buckets
    #[arg(long, conflicts_with = "bucket")]
    all: bool,
    /// The file to write, readable only by you; it is replaced once the export is complete [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(options: Options, context: &Context) -> Result<(), Failure> {
    let (engram, file) = (context.client()?, options.output.clone());
    let export = Export { engram, bucket: if options.all { None } else { Some(options.bucket.name()?) }, context };
    match file {
        Some(path) => export.to_file(&path),
        None if context.output.json => Err(Failure::usage("the export is JSON already, one object per line")
            .hint("Leave out `--json`, or write to a file with `--output`.")),
        None => export.to(&mut BufWriter::new(io::stdout().lock())).map(|_| ()),
    }
}

struct Export<'a> {
    engram: EngramClient,
    /// `None` for all.
    bucket: Option<String>,
    context: &'a Context,
}

impl Export<'_> {
    fn to_file(&self, path: &Path) -> Result<(), Failure> {
        let unwritable = |error: io::Error| Failure::file("write", path, &error);
        let number = match fs::metadata(path) {
            // A device or a named pipe; what is put in its place would not be one.
            Ok(metadata) if !metadata.is_file() => {
                self.to(&mut BufWriter::new(File::options().write(true).open(path).map_err(unwritable)?))?
            }
            _ => self.in_place_of(path)?,
        };
        self.context.output.print(&json!({"exported": number, "file": path}), |out| {
            writeln!(out, "Exported {} to {}.", count(number, "memory", "memories"), path.display())
        })
    }

    /// The file is whole, or as it was. A link stays one.
    fn in_place_of(&self, path: &Path) -> Result<usize, Failure> {
        let unwritable = |error: io::Error| Failure::file("write", path, &error);
        let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(Failure::new(
                Kind::File,
                format!("cannot write {}: its folder does not exist", path.display()),
            )
            .hint(format!("Create it first: mkdir -p {}", folder.display())));
        }
        let mut file = BufWriter::new(NamedTempFile::new_in(folder).map_err(unwritable)?);
        let number =
            self.to(&mut file).map_err(|failure| failure.and(&format!("nothing was written to {}", path.display())))?;
        let file = file.into_inner().map_err(|error| unwritable(error.into_error()))?;
        file.as_file().sync_all().map_err(unwritable)?;
        file.persist(&target).map_err(|error| unwritable(error.error))?;
        Ok(number)
    }

    /// How many memories were written.
    fn to(&self, out: &mut impl Write) -> Result<usize, Failure> {
        let mut number = 0;
        match self.context.read(self.write(out, &mut number)) {
            Ok(()) => Ok(number),
            Err(failure) if number == 0 || failure.is_broken_pipe() => Err(failure),
            Err(failure) => Err(failure.and(&format!("{} came before", count(number, "memory", "memories")))),
        }
    }

    async fn write(&self, out: &mut impl Write, number: &mut usize) -> Result<(), Failure> {
        let (buckets, total) = self.buckets().await?;
        let bar = progress::bar(total, self.context.terminal);
        for bucket in buckets {
            let mut memories = self.engram.list_memories().bucket(&bucket).stream();
            while let Some(memory) = memories.next().await {
                let line = serde_json::to_string(&Fact::new(memory?, &bucket)).map_err(io::Error::from)?;
                writeln!(out, "{line}")?;
                *number += 1;
                bar.inc(1);
            }
        }
        Ok(out.flush()?)
    }

    /// What to export, and how many memories there are, if the server counts them.
    async fn buckets(&self) -> Result<(Vec<String>, Option<u64>), Failure> {
        let all = self.engram.list_buckets().await?;
        let chosen = all.into_iter().filter(|bucket| self.bucket.as_ref().is_none_or(|name| bucket.name == *name));
        let (names, counts): (Vec<String>, Vec<Option<i64>>) =
            chosen.map(|bucket| (bucket.name, bucket.memory_count)).unzip();
        let total = counts.into_iter().map(|count| u64::try_from(count?).ok()).sum();
        Ok(match &self.bucket {
            // A bucket that is not there is an error of its list.
            Some(name) if names.is_empty() => (vec![name.clone()], None),
            _ => (names, total),
        })
    }
}
