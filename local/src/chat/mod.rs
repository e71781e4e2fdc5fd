//! A language model: an endpoint that is asked, and writes.

mod client;
mod dialect;
mod error;
mod patience;
mod questions;
mod request;
mod settings;
mod stream;
mod text;
mod wire;

pub use settings::ChatModel;

pub(crate) use client::{Chat, Completion};
pub(crate) use error::ChatError;
pub(crate) use request::{ChatRequest, Output};
pub(crate) use stream::{ChatStream, End, Piece};
pub(crate) use wire::Usage;
