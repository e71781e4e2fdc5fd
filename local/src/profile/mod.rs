//! Profiles: what the memories of a bucket say in all. A model writes them in the background.

mod parts;
mod profiler;
mod prompt;
mod waits;

pub(crate) use profiler::Profiler;
