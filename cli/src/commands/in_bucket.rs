//! The option `--bucket`.

use clap::Args;

use crate::bucket_name::bucket_name;
use crate::failure::Failure;
use crate::project;

#[derive(Debug, Args)]
pub(super) struct InBucket {
    /// The bucket [default: $ENGRAM_BUCKET, else that of .engram.toml, else `default`]
    #[arg(short, long, value_name = "NAME", value_parser = bucket_name)]
    bucket: Option<String>,
}

impl InBucket {
    pub(super) fn name(self) -> Result<String, Failure> {
        name(self.bucket)
    }
}

#[derive(Debug, Args)]
pub(super) struct InBuckets {
    /// The bucket to search; may be repeated [default: $ENGRAM_BUCKET, else that of .engram.toml, else `default`]
    #[arg(short, long = "bucket", value_name = "NAME", value_parser = bucket_name)]
    buckets: Vec<String>,
}

impl InBuckets {
    pub(super) fn names(&self) -> Result<Vec<String>, Failure> {
        match self.buckets.is_empty() {
            true => Ok(vec![name(None)?]),
            false => Ok(self.buckets.clone()),
        }
    }
}

/// The bucket of an option, or the one that stands for it.
pub(super) fn name(option: Option<String>) -> Result<String, Failure> {
    option.map_or_else(|| Ok(project::bucket_of_commands()?.name), Ok)
}
