//! The encoder: a text in, a vector out.

use std::fmt;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::ModelError;
use crate::network::Network;
use crate::tokenizer::Tokenizer;

/// Makes vectors of texts, with a model in this process.
///
/// One encoder serves all threads. Keep it: loading takes longer than encoding.
pub struct Encoder {
    tokenizer: Tokenizer,
    network: Network,
    name: String,
    dimension: usize,
}

impl Encoder {
    /// The encoder with the built-in weights of all-MiniLM-L6-v2.
    ///
    /// # Errors
    ///
    /// None is expected: the weights are tested.
    #[cfg(feature = "built-in")]
    pub fn built_in() -> Result<Self, ModelError> {
        use crate::built_in::{MODEL, SHA256, TOKENIZER};
        Self::new(Tokenizer::new(TOKENIZER)?, Network::from_static(&MODEL)?, SHA256)
    }

    /// The encoder with the model of a folder: its files `model.onnx` and `tokenizer.json`.
    ///
    /// The model must be of the kind of all-MiniLM-L6-v2: a BERT with a WordPiece tokenizer, exported with the inputs `input_ids` and, as
    /// it needs them, `attention_mask` and `token_type_ids`, and the output `last_hidden_state`, of which the mean is taken. The weights
    /// must be within `model.onnx`.
    ///
    /// # Errors
    ///
    /// If a file is missing, or the model is of another kind.
    pub fn from_dir(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let (onnx, json) = (read(path.as_ref(), "model.onnx")?, read(path.as_ref(), "tokenizer.json")?);
        let tokenizer = Tokenizer::new(&json)?;
        let hash = Sha256::new().chain_update(&onnx).chain_update(&json).finalize();
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Self::new(tokenizer, Network::from_bytes(onnx)?, &hash)
    }

    fn new(tokenizer: Tokenizer, network: Network, hash: &str) -> Result<Self, ModelError> {
        let name = format!("{}-{hash:.12}", network.name().unwrap_or("onnx"));
        let dimension = network.vector(&tokenizer.pieces(""))?.len();
        Ok(Self { tokenizer, network, name, dimension })
    }

    /// The vector of the text, of length 1: the dot product of two of them is their cosine.
    ///
    /// On one machine it depends on the text and the model alone. Processors with other instructions round in other places: then the
    /// cosine of two vectors of one text is 0.998 or more. What is beyond the first 256 word pieces of a text, with the two that mark its
    /// ends, is not read. A text without words has a vector too.
    ///
    /// This takes milliseconds of one core. In async code, call it where blocking is fine.
    ///
    /// # Errors
    ///
    /// If the model fails, or makes numbers that are not finite. The built-in one does neither.
    pub fn encode(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        self.network.vector(&self.tokenizer.pieces(text))
    }

    /// How many numbers a vector has.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// A name for the model and its weights, for example `all-MiniLM-L6-v2-int8-0123456789ab`.
    ///
    /// The same files have the same name, wherever they are; other files have another. Keep it beside stored vectors: vectors of encoders
    /// with different names cannot be compared.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Encoder")
            .field("name", &self.name)
            .field("dimension", &self.dimension)
            .finish_non_exhaustive()
    }
}

fn read(folder: &Path, file: &str) -> Result<Vec<u8>, ModelError> {
    let path = folder.join(file);
    fs::read(&path).map_err(|source| ModelError::Read { path, source })
}
