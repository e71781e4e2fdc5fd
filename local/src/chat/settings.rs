//! What language model to use.

use std::fmt;

use crate::endpoint::{Address, Names};
use crate::error::LocalServerError;

const NAMES: Names = Names { url: "model_url", model: "model", key: "model_key", example: "qwen3:8b" };

/// The language model that writes the answers of a [`LocalServer`](crate::LocalServer), and the profiles of its buckets.
///
/// ```
/// use lumetra_engram_local::ChatModel;
///
/// let ollama = ChatModel::endpoint("http://127.0.0.1:11434/v1", "qwen3:8b");
/// ```
#[derive(Clone)]
#[must_use = "pass it to `LocalServerBuilder::chat_model`"]
pub struct ChatModel {
    pub(super) address: Address,
}

impl ChatModel {
    /// That of an endpoint that is compatible with OpenAI's, such as Ollama's, LM Studio's, llama.cpp's or vLLM's, or of a hosted one. The
    /// URL is its base, such as `http://127.0.0.1:11434/v1`; `/chat/completions` is added. The questions are sent there, and the memories
    /// that were found for them; for a profile, the bucket's memories; and with [`extract`](crate::LocalServerBuilder::extract), all memories.
    ///
    /// `https` needs this crate's feature `https`.
    pub fn endpoint(url: impl Into<String>, model: impl Into<String>) -> Self {
        Self { address: Address { url: url.into(), model: model.into(), key: None } }
    }

    /// The API key for the endpoint, sent as a bearer token. Default: none is sent.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.address.key = Some(api_key.into());
        self
    }

    pub(crate) fn check(&self) -> Result<(), LocalServerError> {
        self.address.check(&NAMES)
    }
}

/// Without the key.
impl fmt::Debug for ChatModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.debug(&mut formatter.debug_struct("ChatModel")).finish()
    }
}
