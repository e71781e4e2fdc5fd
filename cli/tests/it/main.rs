//! The program as a whole, against a local server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod asking;
mod deleting;
mod failures;
mod files;
mod gate;
mod help;
mod serving;
mod support;
#[cfg(unix)]
mod terminal;
