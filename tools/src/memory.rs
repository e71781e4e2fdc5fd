//! The memory that the tools work on.

use lumetra_engram::EngramClient;

use crate::budget::Budget;
use crate::error::ToolError;

/// The default limit for the tokens of a reply. Some clients refuse more than 25,000.
const MAX_TOKENS: usize = 8_000;

#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) engram: EngramClient,
    /// Whether the model may name no other bucket than the default one.
    pub(crate) only_this_bucket: bool,
    pub(crate) max_tokens: usize,
}

impl Memory {
    pub(crate) fn new(engram: EngramClient) -> Self {
        Self { engram, only_this_bucket: false, max_tokens: MAX_TOKENS }
    }

    /// The bucket that the model asks for, or the default one.
    pub(crate) fn bucket(&self, asked: Option<String>) -> Result<String, ToolError> {
        let default = self.engram.default_bucket();
        match asked {
            Some(asked) if self.only_this_bucket && asked != default => Err(ToolError::Arguments(format!(
                "Only the bucket {default:?} can be used, so nothing was done. Call again without a bucket."
            ))),
            Some(asked) => Ok(asked),
            None => Ok(default.to_owned()),
        }
    }

    pub(crate) fn budget(&self) -> Budget {
        Budget::new(self.max_tokens)
    }
}
