//! Options: what memories are found by beside their words.

#[cfg(feature = "model")]
use std::path::PathBuf;

use clap::Args;

use super::key::key_in;
use crate::embeddings::Embeddings;
use crate::error::LocalServerError;

const MEANING: &str = "Search by meaning";

#[derive(Debug, Args, PartialEq)]
#[group(skip)]
pub(super) struct Options {
    /// Find memories by embeddings of an endpoint compatible with OpenAI's: its base URL, such as http://127.0.0.1:11434/v1 for Ollama.
    /// Memories and questions are sent there
    #[arg(long, help_heading = MEANING, value_name = "URL", requires = "embeddings_model")]
    embeddings_url: Option<String>,

    /// The endpoint's model, such as nomic-embed-text. Changing it embeds all memories again
    #[arg(long, help_heading = MEANING, value_name = "NAME", requires = "embeddings_url")]
    embeddings_model: Option<String>,

    /// The environment variable with the endpoint's API key
    #[arg(long, help_heading = MEANING, value_name = "VARIABLE", requires = "embeddings_url")]
    embeddings_key_env: Option<String>,

    /// The prefix that the model expects before a question, such as "search_query: "
    #[arg(long, help_heading = MEANING, value_name = "TEXT", default_value = "", hide_default_value = true)]
    embeddings_query_prefix: String,

    /// The prefix that the model expects before a memory, such as "search_document: ". Changing it embeds all memories again
    #[arg(long, help_heading = MEANING, value_name = "TEXT", default_value = "", hide_default_value = true)]
    embeddings_passage_prefix: String,

    /// Use the model in this folder, with a model.onnx and a tokenizer.json, instead of the built-in one
    #[cfg(feature = "model")]
    #[arg(long, help_heading = MEANING, value_name = "FOLDER", conflicts_with = "embeddings_url")]
    model_dir: Option<PathBuf>,

    /// Search without a model: find memories by their words only
    #[cfg(feature = "model")]
    #[arg(long, help_heading = MEANING, conflicts_with_all = ["embeddings_url", "model_dir"])]
    no_model: bool,
}

impl Options {
    pub(super) fn embeddings(&self) -> Result<Option<Embeddings>, LocalServerError> {
        let embeddings = match (&self.embeddings_url, &self.embeddings_model) {
            (Some(url), Some(model)) => Some(self.with_key(Embeddings::endpoint(url, model))?),
            _ => self.in_process(),
        };
        let with_prefixes = |embeddings: Embeddings| {
            embeddings.query_prefix(&self.embeddings_query_prefix).passage_prefix(&self.embeddings_passage_prefix)
        };
        Ok(embeddings.map(with_prefixes))
    }

    fn with_key(&self, embeddings: Embeddings) -> Result<Embeddings, LocalServerError> {
        let Some(variable) = &self.embeddings_key_env else { return Ok(embeddings) };
        Ok(embeddings.api_key(key_in(variable, "embeddings_key_env")?))
    }

    #[cfg(feature = "model")]
    fn in_process(&self) -> Option<Embeddings> {
        match &self.model_dir {
            Some(folder) => Some(Embeddings::model_dir(folder)),
            None => (!self.no_model).then(Embeddings::built_in),
        }
    }

    #[cfg(not(feature = "model"))]
    fn in_process(&self) -> Option<Embeddings> {
        None
    }
}
