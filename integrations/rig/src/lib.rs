#![doc = include_str!("../README.md")]
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod archive;
mod index;
mod tools;

pub use archive::{ArchiveError, EngramArchive};
pub use index::EngramIndex;
pub use tools::engram_tools;
