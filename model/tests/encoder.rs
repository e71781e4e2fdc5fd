//! What the encoder promises, with the built-in model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::thread;

use lumetra_engram_model::{Encoder, ModelError};
use memchr::memmem;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

static ENCODER: LazyLock<Encoder> = LazyLock::new(|| Encoder::built_in().unwrap());

/// A text, and the vector that the published model makes of it with all its digits.
#[derive(Deserialize)]
struct Reference {
    text: String,
    vector: Vec<f32>,
}

fn references() -> Vec<Reference> {
    serde_json::from_str(include_str!("reference.json")).unwrap()
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn vector(text: &str) -> Vec<f32> {
    ENCODER.encode(text).unwrap()
}

/// The files of the built-in model, as somebody who brings a model has them.
fn model_files() -> (Vec<u8>, &'static [u8]) {
    let parts = [lumetra_engram_minilm_1::PART, lumetra_engram_minilm_2::PART, lumetra_engram_minilm_3::PART];
    (parts.concat(), lumetra_engram_minilm_3::TOKENIZER)
}

fn folder(onnx: Option<&[u8]>, tokenizer: Option<&[u8]>) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in [("model.onnx", onnx), ("tokenizer.json", tokenizer)] {
        if let Some(content) = content {
            fs::write(folder.path().join(name), content).unwrap();
        }
    }
    folder
}

fn refusal(folder: impl AsRef<Path>) -> (ModelError, String) {
    let error = Encoder::from_dir(folder).unwrap_err();
    let message = error.to_string();
    (error, message)
}

/// The tokenizer of the built-in model after an edit of its JSON.
fn edited(edit: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let mut json = serde_json::from_slice(lumetra_engram_minilm_3::TOKENIZER).unwrap();
    edit(&mut json);
    serde_json::to_vec(&json).unwrap()
}

#[test]
fn vectors_are_close_to_those_of_the_published_model() {
    let references = references();
    let cosines: Vec<f32> = references.iter().map(|row| cosine(&vector(&row.text), &row.vector)).collect();
    let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
    assert!(mean >= 0.99, "{mean} of {cosines:?}");
    assert!(cosines.iter().all(|&cosine| cosine >= 0.985), "{cosines:?}");
}

#[test]
fn texts_of_one_meaning_are_closer_than_others() {
    let question = vector("Where do I keep the spare key?");
    let answer = cosine(&question, &vector("A second one to open the door is under the flower pot."));
    let other = cosine(&question, &vector("We deploy on Tuesdays."));
    assert!(answer > other + 0.1, "{answer} {other}");
}

#[test]
fn vectors_have_length_one_and_the_dimension() {
    for text in ["", " ", "a", "Where do I keep the spare key?"] {
        let vector = vector(text);
        assert_eq!(vector.len(), ENCODER.dimension());
        assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5, "{text:?}");
    }
    assert_eq!(ENCODER.dimension(), 384);
}

#[test]
fn a_text_has_the_same_bits_after_others_and_from_many_threads() {
    let texts = ["The key is under the pot.", "Postgres", "Мария живёт в Казани."];
    let alone: Vec<Vec<f32>> = texts.iter().map(|text| vector(text)).collect();
    thread::scope(|scope| {
        for start in 0..6 {
            let (texts, alone) = (&texts, &alone);
            scope.spawn(move || {
                for turn in 0..texts.len() {
                    let index = (start + turn) % texts.len();
                    assert_eq!(vector(texts[index]), alone[index]);
                }
            });
        }
    });
    assert_eq!(Encoder::built_in().unwrap().encode(texts[0]).unwrap(), alone[0]);
}

#[test]
fn a_text_without_words_has_a_vector() {
    assert_eq!(vector(""), vector(" \t\r\n\u{a0}\u{200b}"));
}

#[test]
fn odd_characters_are_no_error() {
    for text in [
        "\0\u{1}\u{7f}\u{85}\u{fffd}",
        "\u{feff}bom",
        "👩\u{200d}👩\u{200d}👧 🇩🇪 👍🏽",
        "e\u{301}\u{302}\u{303}\u{304}",
        "\u{10ffff}\u{e000}",
        "ﷺ ǆ İ ß ﬁ",
        "ก็ 한국어 漢字かな",
        &"x".repeat(1_000_000),
        &"\u{301}".repeat(100_000),
        "[CLS] [SEP] [MASK] [PAD]",
    ] {
        assert!(vector(text).iter().all(|value| value.is_finite()), "{:?}", text.chars().take(20));
    }
    assert_eq!(vector("caf\u{e9}"), vector("CAFE\u{301}\0"));
}

#[test]
fn the_name_has_the_hash_of_the_weights() {
    let (onnx, tokenizer) = model_files();
    let hash = Sha256::new().chain_update(onnx).chain_update(tokenizer).finalize();
    let start: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(ENCODER.name(), format!("all-MiniLM-L6-v2-int8-{start}"));
}

#[test]
fn a_folder_with_the_same_model_is_the_same_encoder() {
    let (onnx, tokenizer) = model_files();
    let folder = folder(Some(&onnx), Some(tokenizer));
    let encoder = Encoder::from_dir(folder.path()).unwrap();
    assert_eq!((encoder.name(), encoder.dimension()), (ENCODER.name(), ENCODER.dimension()));
    assert_eq!(encoder.encode("The key is under the pot.").unwrap(), vector("The key is under the pot."));
}

#[test]
fn another_tokenizer_is_another_name() {
    let (onnx, _) = model_files();
    let folder = folder(Some(&onnx), Some(&edited(|json| json["normalizer"]["lowercase"] = false.into())));
    let encoder = Encoder::from_dir(folder.path()).unwrap();
    assert_ne!(encoder.name(), ENCODER.name());
    assert_ne!(encoder.encode("Key").unwrap(), vector("Key"));
}

#[test]
fn a_missing_file_is_named() {
    let (onnx, tokenizer) = model_files();
    for (missing, folder) in
        [("model.onnx", folder(None, Some(tokenizer))), ("tokenizer.json", folder(Some(&onnx), None))]
    {
        let (error, message) = refusal(folder.path());
        assert!(matches!(&error, ModelError::Read { path, .. } if path.ends_with(missing)), "{error:?}");
        assert!(message.contains(missing) && message.contains("must contain"), "{message}");
        assert!(error.source().unwrap().to_string().contains("No such file") || cfg!(windows));
    }
}

#[test]
fn a_file_that_is_no_model_is_refused() {
    let (onnx, tokenizer) = model_files();
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".as_slice();
    for content in [b"".as_slice(), pointer, &onnx[..onnx.len() / 2]] {
        let (error, message) = refusal(folder(Some(content), Some(tokenizer)));
        assert!(matches!(error, ModelError::Network { source: Some(_), .. }), "{error:?}");
        assert!(message.contains("model.onnx: it is not an ONNX model that can be run"), "{message}");
    }
}

#[test]
fn a_file_that_is_no_tokenizer_is_refused() {
    let (onnx, tokenizer) = model_files();
    for content in [b"".as_slice(), b"{}", b"[PAD]\n[UNK]\n", &tokenizer[..1000]] {
        let (error, message) = refusal(folder(Some(&onnx), Some(content)));
        assert!(matches!(error, ModelError::Tokenizer { source: Some(_), .. }), "{error:?}");
        assert!(message.contains("tokenizer.json: it is not the tokenizer"), "{message}");
    }
}

/// The built-in model with other bytes of the same length in place of some.
fn replaced(old: &[u8], new: &[u8]) -> TempDir {
    assert_eq!(old.len(), new.len());
    let (mut onnx, tokenizer) = model_files();
    let places: Vec<usize> = memmem::find_iter(&onnx, old).collect();
    assert!(!places.is_empty());
    for place in places {
        onnx[place..place + new.len()].copy_from_slice(new);
    }
    folder(Some(&onnx), Some(tokenizer))
}

#[test]
fn a_model_of_another_kind_is_refused() {
    for (old, new, reason) in [
        ("input_ids", "pixel_ids", "it has an input pixel_ids"),
        ("attention_mask", "attention_bias", "it has an input attention_bias"),
        ("last_hidden_state", "sentence_of_state", "it has no output last_hidden_state"),
    ] {
        let (error, message) = refusal(replaced(old.as_bytes(), new.as_bytes()));
        assert!(matches!(error, ModelError::Network { .. }), "{error:?}");
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn damaged_weights_are_refused() {
    // The number of the tensor's bytes follows its name.
    let name = b"encoder.layer.5.output.LayerNorm.bias\x4a\x80\x0c";
    let (onnx, _) = model_files();
    let place = memmem::find(&onnx, name).unwrap() + name.len();
    let whole = &onnx[place - name.len()..place + 4];
    let (error, message) = refusal(replaced(whole, &[name.as_slice(), &f32::NAN.to_le_bytes()].concat()));
    assert!(matches!(error, ModelError::NotFinite), "{error:?}");
    assert!(message.contains("not finite"), "{message}");
}

#[test]
fn a_tokenizer_of_another_kind_is_refused() {
    let (onnx, _) = model_files();
    let cases: [(&str, Vec<u8>); 4] = [
        ("its model is BPE", edited(|json| json["model"]["type"] = "BPE".into())),
        ("its normalizer is NFC", edited(|json| json["normalizer"]["type"] = "NFC".into())),
        ("its pre_tokenizer is Metaspace", edited(|json| json["pre_tokenizer"]["type"] = "Metaspace".into())),
        (
            "its vocabulary has no [CLS]",
            edited(|json| drop(json["model"]["vocab"].as_object_mut().unwrap().remove("[CLS]"))),
        ),
    ];
    for (reason, tokenizer) in cases {
        let (_, message) = refusal(folder(Some(&onnx), Some(&tokenizer)));
        assert!(message.contains(reason) && message.contains("choose a BERT model"), "{message}");
    }
}

#[test]
fn one_encoder_serves_many_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Encoder>();
    shared::<ModelError>();
}
