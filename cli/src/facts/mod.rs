//! Facts in files: what is exported, and what is imported.

mod csv;
mod fact;
mod format;
mod jsonl;
mod left;
mod lines;
mod read;

pub(crate) use fact::Fact;
pub(crate) use format::Format;
pub(crate) use left::Left;
pub(crate) use read::{Records, read};

/// A fact to be imported.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) content: String,
    /// The bucket that the file names.
    pub(crate) bucket: Option<String>,
}
