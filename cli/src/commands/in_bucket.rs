//! The option `--bucket`.

use clap::Args;
use lumetra_engram::DEFAULT_BUCKET;

#[derive(Debug, Args)]
pub(super) struct InBucket {
    /// The bucket
    #[arg(short = 'b', long = "bucket", value_name = "NAME", env = "ENGRAM_BUCKET", default_value = DEFAULT_BUCKET)]
    pub(super) name: String,
}

#[derive(Debug, Args)]
pub(super) struct InBuckets {
    /// The bucket to search; may be repeated
    #[arg(short = 'b', long = "bucket", value_name = "NAME", env = "ENGRAM_BUCKET", default_value = DEFAULT_BUCKET)]
    pub(super) names: Vec<String>,
}

/// The bucket of an option `--bucket` that is left out, for commands to which it means something that it is.
pub(super) fn default_bucket() -> String {
    std::env::var("ENGRAM_BUCKET").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| DEFAULT_BUCKET.to_owned())
}
