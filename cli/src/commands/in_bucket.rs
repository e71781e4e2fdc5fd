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
