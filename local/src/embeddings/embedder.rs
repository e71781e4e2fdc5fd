//! Making vectors.

use super::endpoint::EmbeddingsEndpoint;
#[cfg(feature = "model")]
use super::in_process::InProcess;
use super::settings::{Embeddings, Source};
use super::{EmbedError, parts};
use crate::vector::Vector;

/// Makes the vectors of texts.
pub(crate) struct Embedder {
    engine: Engine,
    query_prefix: String,
    passage_prefix: String,
}

enum Engine {
    Endpoint(EmbeddingsEndpoint),
    #[cfg(feature = "model")]
    InProcess(InProcess),
}

impl Embedder {
    pub(crate) fn new(embeddings: Embeddings) -> Self {
        let engine = match embeddings.source {
            Source::Endpoint(address) => Engine::Endpoint(EmbeddingsEndpoint::new(address)),
            #[cfg(feature = "model")]
            Source::BuiltIn => Engine::InProcess(InProcess::built_in()),
            #[cfg(feature = "model")]
            Source::Folder(path) => Engine::InProcess(InProcess::of_folder(path)),
        };
        Self { engine, query_prefix: embeddings.query_prefix, passage_prefix: embeddings.passage_prefix }
    }

    /// What the vectors of memories depend on: the model, and what stands before each memory.
    pub(crate) async fn name(&self) -> Result<String, EmbedError> {
        let model = match &self.engine {
            Engine::Endpoint(endpoint) => endpoint.model().to_owned(),
            #[cfg(feature = "model")]
            Engine::InProcess(model) => model.name().await?,
        };
        let prefix = &self.passage_prefix;
        Ok(if prefix.is_empty() { model } else { format!("{model}, each text after {prefix:?}") })
    }

    /// The vectors of parts of memories, in order.
    pub(crate) async fn passages(&self, texts: &[&str]) -> Result<Vec<Vector>, EmbedError> {
        self.vectors(texts.iter().map(|text| format!("{}{text}", self.passage_prefix)).collect()).await
    }

    /// The vector of a question. Of a long one the beginning counts.
    pub(crate) async fn question(&self, question: &str) -> Result<Vector, EmbedError> {
        let question = parts(question).next().unwrap_or_default();
        let vectors = self.vectors(vec![format!("{}{question}", self.query_prefix)]).await?;
        vectors.into_iter().next().ok_or_else(|| EmbedError::unavailable("the model returned no vector"))
    }

    /// Whether it takes this machine's processors, and no endpoint is asked.
    pub(crate) fn is_in_process(&self) -> bool {
        !matches!(self.engine, Engine::Endpoint(_))
    }

    async fn vectors(&self, texts: Vec<String>) -> Result<Vec<Vector>, EmbedError> {
        match &self.engine {
            Engine::Endpoint(endpoint) => endpoint.vectors(&texts).await,
            #[cfg(feature = "model")]
            Engine::InProcess(model) => model.vectors(texts).await,
        }
    }
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Embedder")
    }
}
