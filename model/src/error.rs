//! Why there is no vector.

use std::error::Error;
use std::io;
use std::path::PathBuf;

type Source = Box<dyn Error + Send + Sync>;

/// Why a model cannot be used, or gave no vector.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file of the model's folder cannot be read.
    #[error("cannot read {}: a model's folder must contain model.onnx and tokenizer.json", path.display())]
    #[non_exhaustive]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// `tokenizer.json` is of another kind, or no such file at all.
    #[error("cannot use tokenizer.json: {reason}")]
    #[non_exhaustive]
    Tokenizer {
        /// What is wrong, and what to do about it.
        reason: String,
        /// What the parser says, where the file cannot be parsed.
        source: Option<Source>,
    },
    /// `model.onnx` is of another kind, or no such file at all.
    #[error("cannot use model.onnx: {reason}")]
    #[non_exhaustive]
    Network {
        /// What is wrong, and what to do about it.
        reason: String,
        /// What the runtime says, where it cannot load the file.
        source: Option<Source>,
    },
    /// The model failed on a text.
    #[error("the model failed on a text: check that model.onnx and tokenizer.json belong to the same model")]
    #[non_exhaustive]
    Run {
        /// What the runtime says.
        source: Source,
    },
    /// The model made numbers of a text that are not finite.
    #[error("the model returned a vector that is not finite: the weights in model.onnx are damaged, or overflow")]
    NotFinite,
}

impl ModelError {
    pub(crate) fn tokenizer(reason: impl Into<String>) -> Self {
        Self::Tokenizer { reason: reason.into(), source: None }
    }

    pub(crate) fn network(reason: impl Into<String>) -> Self {
        Self::Network { reason: reason.into(), source: None }
    }

    pub(crate) fn run(source: impl Into<Source>) -> Self {
        Self::Run { source: source.into() }
    }
}
