#![doc = include_str!("../README.md")]
#![warn(clippy::print_stderr, clippy::print_stdout)]

// In layers: a file imports only from those above its own.
mod arguments;
mod budget;
mod definition;
mod error;
mod reply;

mod memory;

mod tools;

mod memory_tools;

pub use arguments::Arguments;
pub use definition::Definition;
pub use error::ToolError;
pub use memory_tools::MemoryTools;
pub use reply::Reply;
