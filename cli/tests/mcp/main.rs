//! The program's MCP server, its installer and its hook, over a local server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod clients;
mod hook;
mod http;
mod install;
mod protocol;
mod stdio;
