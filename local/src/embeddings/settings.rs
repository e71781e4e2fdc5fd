//! What embeddings to use.

use std::fmt;
#[cfg(feature = "model")]
use std::path::PathBuf;

use crate::endpoint::{Address, Names};
use crate::error::LocalServerError;

const NAMES: Names =
    Names { url: "embeddings_url", model: "embeddings_model", key: "embeddings_key", example: "nomic-embed-text" };

/// Where the embeddings come from by which a [`LocalServer`](crate::LocalServer) finds memories that mean what is asked for, whatever their
/// words.
///
/// ```
/// use lumetra_engram_local::Embeddings;
///
/// let ollama = Embeddings::endpoint("http://127.0.0.1:11434/v1", "nomic-embed-text")
///     .query_prefix("search_query: ")
///     .passage_prefix("search_document: ");
/// ```
#[derive(Clone)]
#[must_use = "pass it to `LocalServerBuilder::embeddings`"]
pub struct Embeddings {
    pub(super) source: Source,
    pub(super) query_prefix: String,
    pub(super) passage_prefix: String,
}

#[derive(Clone)]
pub(super) enum Source {
    Endpoint(Address),
    #[cfg(feature = "model")]
    BuiltIn,
    #[cfg(feature = "model")]
    Folder(PathBuf),
}

impl Embeddings {
    /// Those of an endpoint that is compatible with OpenAI's, such as Ollama's, LM Studio's, llama.cpp's or vLLM's, or of a hosted one. The
    /// URL is its base, such as `http://127.0.0.1:11434/v1`; `/embeddings` is added. The memories are sent there, and the questions.
    ///
    /// `https` needs this crate's feature `https`.
    pub fn endpoint(url: impl Into<String>, model: impl Into<String>) -> Self {
        Self::of(Source::Endpoint(Address { url: url.into(), model: model.into(), key: None }))
    }

    /// Those of the model that this crate carries: all-MiniLM-L6-v2, for English. It runs in this process. Needs the feature `model`.
    #[cfg(feature = "model")]
    pub fn built_in() -> Self {
        Self::of(Source::BuiltIn)
    }

    /// Those of a model of the same kind in this folder, which has a `model.onnx` and a `tokenizer.json`. It runs in this process. Needs the
    /// feature `model`.
    #[cfg(feature = "model")]
    pub fn model_dir(path: impl Into<PathBuf>) -> Self {
        Self::of(Source::Folder(path.into()))
    }

    fn of(source: Source) -> Self {
        Self { source, query_prefix: String::new(), passage_prefix: String::new() }
    }

    /// The API key for the endpoint, sent as a bearer token. Default: none is sent. A model in this process needs none.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        #[allow(irrefutable_let_patterns, reason = "there are others with the feature `model`")]
        if let Source::Endpoint(address) = &mut self.source {
            address.key = Some(api_key.into());
        }
        self
    }

    /// What stands before a question, as some models want it: `query: `, for example. Default: nothing.
    pub fn query_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.query_prefix = prefix.into();
        self
    }

    /// What stands before a memory, as some models want it: `passage: `, for example. With another prefix all memories are embedded anew.
    /// Default: nothing.
    pub fn passage_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.passage_prefix = prefix.into();
        self
    }

    pub(crate) fn check(&self) -> Result<(), LocalServerError> {
        match &self.source {
            Source::Endpoint(address) => address.check(&NAMES),
            #[cfg(feature = "model")]
            Source::BuiltIn => Ok(()),
            #[cfg(feature = "model")]
            Source::Folder(path) if !path.is_dir() => {
                Err(LocalServerError::setting("model_dir", format!("{} is not a folder", path.display())))
            }
            #[cfg(feature = "model")]
            Source::Folder(_) => Ok(()),
        }
    }
}

/// Without the key.
impl fmt::Debug for Embeddings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Embeddings");
        match &self.source {
            Source::Endpoint(address) => address.debug(&mut debug),
            #[cfg(feature = "model")]
            Source::BuiltIn => debug.field("model", &"built in"),
            #[cfg(feature = "model")]
            Source::Folder(path) => debug.field("model_dir", path),
        };
        debug.field("query_prefix", &self.query_prefix).field("passage_prefix", &self.passage_prefix).finish()
    }
}
