//! Facts in files: what is exported, and what is imported.

mod csv;
mod fact;
mod format;
mod jsonl;
mod left;
mod lines;
mod problem;
mod read;
mod record;

pub(crate) use fact::Fact;
pub(crate) use format::Format;
pub(crate) use left::Left;
pub(crate) use read::{Records, read, text};
pub(crate) use record::Record;
