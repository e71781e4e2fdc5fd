#![doc = include_str!("../README.md")]
#![no_std]

/// The first part of `model.onnx`.
pub static PART: &[u8] = include_bytes!("model.onnx.1");
