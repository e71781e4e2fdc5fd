#![doc = include_str!("../README.md")]
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod address;
mod answer;
mod api_error;
mod app;
mod body;
mod builder;
#[cfg(feature = "docs")]
mod docs;
mod error;
mod fault;
mod fault_layer;
mod guard;
mod health;
mod host;
mod page;
mod pool;
mod routes;
mod server;
mod slots;
mod store;
mod stream;
mod synthesis;
mod tenant;
mod text;
mod turns;

pub use builder::LocalServerBuilder;
pub use error::LocalServerError;
pub use fault::Fault;
pub use server::LocalServer;
