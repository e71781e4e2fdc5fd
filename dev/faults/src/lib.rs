//! A server that misbehaves at every stage of HTTP/1.1, the cases that it plays, and what a client must make of each.
//!
//! `cargo test` plays the cases to our client; `cargo xtask faults` also writes `dev/faults/TABLE.md`. `cargo xtask faults --official` plays
//! them to the official Python client, which is not compared here but in a program of its own.
// A tool of tests: what goes wrong here is a failed test.
#![allow(clippy::expect_used, clippy::missing_panics_doc, clippy::panic)]

mod answer;
mod call;
mod case;
mod cases;
mod clock;
mod judge;
mod observation;
mod server;
mod stage;
mod table;

pub use answer::{Answer, Gate, block, chunk, delta};
pub use call::Call;
pub use case::{Case, Expected, Failure, Settings};
pub use cases::all;
pub use clock::on_paused_time;
pub use judge::{complaints, complaints_but};
pub use observation::{Observation, Outcome, READ_FOR, everything_printed, play};
pub use server::{KEY, PATIENCE, Request, Server};
pub use stage::{Scene, Stage};
pub use table::{Column, cell, column, lasting, render, with_column};
