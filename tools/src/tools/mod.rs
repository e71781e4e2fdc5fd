//! The tools, a type each: its fields are the arguments, its documentation and theirs are what the model reads, and `run` does the work.

mod read;
mod tool;
mod write;

use read::{ListBuckets, ListMemories, QueryMemory, RecallMemories};
use tool::entry;
pub(crate) use tool::{Effect, Entry, OnText};
use write::{ClearMemories, DeleteMemory, StoreMemory};

/// All of them, in the order in which a model reads them.
pub(crate) const TOOLS: [Entry; 7] = [
    entry::<StoreMemory>(),
    entry::<QueryMemory>(),
    entry::<RecallMemories>(),
    entry::<ListMemories>(),
    entry::<ListBuckets>(),
    entry::<DeleteMemory>(),
    entry::<ClearMemories>(),
];

/// The one that is not offered unless that is asked for.
pub(crate) const CLEAR: &str = <ClearMemories as tool::Tool>::NAME;
