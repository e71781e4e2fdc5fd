#![doc = include_str!("../README.md")]
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod address;
mod answer;
mod builder;
mod chat;
mod embeddings;
mod endpoint;
mod error;
mod fault;
mod graph;
mod host;
mod http;
mod permits;
mod profile;
#[cfg(feature = "cli")]
pub mod program;
mod recall;
mod server;
mod settings;
mod store;
mod tenant;
mod text;
mod vector;

pub use builder::LocalServerBuilder;
pub use chat::ChatModel;
pub use embeddings::Embeddings;
pub use error::LocalServerError;
pub use fault::Fault;
pub use server::LocalServer;
