//! The answer to a question: what was found, and what it was made from.

pub(crate) mod data;
mod prompt;
mod quoted;
mod quotes;
mod result;
mod schema;
mod sources;
mod written;

pub(crate) use quoted::quoted;
pub(crate) use sources::Sources;
pub(crate) use written::Writing;
