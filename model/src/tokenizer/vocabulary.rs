//! Word pieces: what a word is cut into, longest first.

use std::collections::HashMap;

use serde::Deserialize;

use crate::error::ModelError;

/// The `model` of a `tokenizer.json`.
#[derive(Debug, Deserialize)]
pub(super) struct WordPiece {
    #[serde(rename = "type")]
    kind: String,
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
    vocab: HashMap<String, i32>,
}

/// The pieces and their numbers.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// Of a word's beginning, or a whole word.
    first: HashMap<String, i32>,
    /// Of what follows in a word.
    next: HashMap<String, i32>,
    unknown: i32,
    /// The bytes of the longest piece.
    longest: usize,
    /// A word of more characters than this is unknown.
    pub(super) max_word: usize,
}

impl Vocabulary {
    pub(super) fn new(model: WordPiece) -> Result<Self, ModelError> {
        if model.kind != "WordPiece" {
            return Err(ModelError::tokenizer(format!(
                "its model is {}, but only WordPiece is supported: choose a BERT model",
                model.kind
            )));
        }
        let prefix = model.continuing_subword_prefix;
        if prefix.is_empty() {
            return Err(ModelError::tokenizer("its continuing_subword_prefix is empty: choose a BERT model"));
        }
        let unknown = number(&model.vocab, &model.unk_token)?;
        let longest = model.vocab.keys().map(String::len).max().unwrap_or_default();
        let mut first = model.vocab;
        let continued: Vec<(String, i32)> = first.extract_if(|piece, _| piece.starts_with(&prefix)).collect();
        let next = continued.into_iter().map(|(piece, number)| (piece[prefix.len()..].to_owned(), number)).collect();
        Ok(Self { first, next, unknown, longest, max_word: model.max_input_chars_per_word })
    }

    /// The number of a piece that stands for no part of a text, such as `[CLS]`.
    pub(super) fn special(&self, piece: &str) -> Result<i32, ModelError> {
        number(&self.first, piece)
    }

    /// Adds the pieces of the word, or that it is unknown.
    pub(super) fn cut(&self, word: &str, pieces: &mut Vec<i32>) {
        let before = pieces.len();
        let mut rest = word;
        while !rest.is_empty() {
            let table = if rest.len() == word.len() { &self.first } else { &self.next };
            let Some((length, number)) = self.longest_start(table, rest) else {
                pieces.truncate(before);
                self.unknown(pieces);
                return;
            };
            pieces.push(number);
            rest = &rest[length..];
        }
    }

    pub(super) fn unknown(&self, pieces: &mut Vec<i32>) {
        pieces.push(self.unknown);
    }

    fn longest_start(&self, table: &HashMap<String, i32>, rest: &str) -> Option<(usize, i32)> {
        let ends = rest.char_indices().map(|(start, character)| start + character.len_utf8());
        let candidates: Vec<usize> = ends.take_while(|&end| end <= self.longest).collect();
        candidates.into_iter().rev().find_map(|end| table.get(&rest[..end]).map(|&number| (end, number)))
    }
}

fn number(vocabulary: &HashMap<String, i32>, piece: &str) -> Result<i32, ModelError> {
    vocabulary
        .get(piece)
        .copied()
        .ok_or_else(|| ModelError::tokenizer(format!("its vocabulary has no {piece}: choose a BERT model")))
}
