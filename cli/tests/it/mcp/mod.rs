//! The program's MCP server, its installer and its hook, over a local server.

mod clients;
mod hook;
mod http;
mod install;
mod program;
mod protocol;
mod stdio;
