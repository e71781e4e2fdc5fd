//! The program as a whole, against a local server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod asking;
mod buckets;
mod deleting;
mod failures;
mod files;
mod gate;
mod help;
mod mcp;
mod mistakes;
mod serving;
#[cfg(unix)]
mod signals;
mod support;
#[cfg(unix)]
mod terminal;
