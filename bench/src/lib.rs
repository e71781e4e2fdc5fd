//! What the programs of the benchmarks share. `cargo xtask bench` runs them.

mod capped;

pub use capped::{CappedServer, Counts};
