//! The weights that this crate carries, put together from the crates that hold their parts.

use lumetra_engram_minilm_1::PART as PART_1;
use lumetra_engram_minilm_2::PART as PART_2;
use lumetra_engram_minilm_3::PART as PART_3;
pub(crate) use lumetra_engram_minilm_3::TOKENIZER;

const LENGTH: usize = PART_1.len() + PART_2.len() + PART_3.len();

/// `model.onnx`. Joined by the compiler, so that the program holds it once and copies nothing.
pub(crate) static MODEL: [u8; LENGTH] = {
    let mut model = [0; LENGTH];
    let (start, rest) = model.split_at_mut(PART_1.len());
    let (middle, end) = rest.split_at_mut(PART_2.len());
    start.copy_from_slice(PART_1);
    middle.copy_from_slice(PART_2);
    end.copy_from_slice(PART_3);
    model
};

/// Of `model.onnx` and `tokenizer.json`, one after the other.
pub(crate) const SHA256: &str = "65b410b5c6a228ff7718a5ff096bc9a2a61d130ebb6d89f2ba37b0d8f562dc34";
