#![doc = include_str!("../README.md")]
#![no_std]

/// The last part of `model.onnx`.
pub static PART: &[u8] = include_bytes!("model.onnx.3");

/// `tokenizer.json`: the vocabulary of the model, and how text is cut into its pieces.
pub static TOKENIZER: &[u8] = include_bytes!("tokenizer.json");
