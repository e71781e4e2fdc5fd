//! A server that misbehaves at every stage of HTTP/1.1, the cases that it plays, and what a client must make of each.
//!
//! `cargo test` runs the cases with our client; `cargo xtask faults` also runs them with the official Python client, and writes
//! `faults/TABLE.md`.
// A tool of tests: what goes wrong here is a failed test.
#![allow(clippy::expect_used, clippy::missing_panics_doc, clippy::panic)]

mod answer;
mod call;
mod case;
mod cases;
mod judge;
mod observation;
mod official;
mod server;
mod stage;
mod table;

pub use answer::{Answer, Gate, block, chunk, delta};
pub use call::Call;
pub use case::{Case, Expected, Settings};
pub use cases::all;
pub use judge::{Standard, complaints};
pub use observation::{Observation, Outcome, everything_printed, observe};
pub use official::Official;
pub use server::{KEY, PATIENCE, Request, Server};
pub use stage::{Scene, Stage};
pub use table::{Row, lasting, render};
