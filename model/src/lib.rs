#![doc = include_str!("../README.md")]
#![warn(clippy::print_stderr, clippy::print_stdout)]

// In layers: a file imports only from those above its own.
#[cfg(feature = "built-in")]
mod built_in;
mod error;
mod threads;

mod network;
mod tokenizer;

mod encoder;

pub use crate::encoder::Encoder;
pub use crate::error::ModelError;
