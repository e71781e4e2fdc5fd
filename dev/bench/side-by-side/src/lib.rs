//! What the programs beside each other share. `cargo xtask bench` builds and runs them: see BENCHMARKS.md.

pub mod answers;
pub mod bare;
pub mod cap;
pub mod clients;
pub mod from_memory;
pub mod large;
pub mod local;
pub mod measure;
pub mod streams;
