//! Embeddings: where the vectors of texts come from.

mod embedder;
mod endpoint;
mod error;
#[cfg(feature = "model")]
mod in_process;
mod parts;
mod settings;

pub use settings::Embeddings;

pub(crate) use embedder::Embedder;
pub(crate) use error::EmbedError;
pub(crate) use parts::{parts, parts_of};
