//! A text as the numbers that the model reads: BERT's tokenizer.
//!
//! A name of a special piece in a text, such as `[SEP]`, is text like any other.

mod normal;
mod vocabulary;
mod word;

use serde::Deserialize;

use self::normal::{Normal, is_punctuation};
use self::vocabulary::{Vocabulary, WordPiece};
use self::word::Word;
use crate::error::ModelError;

/// How many pieces of a text the model reads, with the two that mark its ends.
const MAX_PIECES: usize = 256;

/// What is read of a `tokenizer.json`.
#[derive(Deserialize)]
struct File {
    normalizer: Normal,
    pre_tokenizer: PreTokenizer,
    model: WordPiece,
}

#[derive(Deserialize)]
struct PreTokenizer {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug)]
pub(crate) struct Tokenizer {
    normal: Normal,
    vocabulary: Vocabulary,
    begin: i32,
    end: i32,
}

impl Tokenizer {
    pub(crate) fn new(json: &[u8]) -> Result<Self, ModelError> {
        let file: File = serde_json::from_slice(json).map_err(|error| ModelError::Tokenizer {
            reason: "it is not the tokenizer of a BERT model".to_owned(),
            source: Some(error.into()),
        })?;
        expect("normalizer", &file.normalizer.kind, "BertNormalizer")?;
        expect("pre_tokenizer", &file.pre_tokenizer.kind, "BertPreTokenizer")?;
        let vocabulary = Vocabulary::new(file.model)?;
        let (begin, end) = (vocabulary.special("[CLS]")?, vocabulary.special("[SEP]")?);
        Ok(Self { normal: file.normalizer, vocabulary, begin, end })
    }

    /// The text's pieces. Of a long text, those of its beginning; the rest of it is not read.
    pub(crate) fn pieces(&self, text: &str) -> Vec<i32> {
        let mut pieces = vec![self.begin];
        let mut word = Word::default();
        for character in self.normal.characters(text) {
            let ends_word = character.is_whitespace() || is_punctuation(character);
            if !ends_word {
                word.push(character, &self.vocabulary);
                continue;
            }
            word.finish(&self.vocabulary, &mut pieces);
            if !character.is_whitespace() {
                self.vocabulary.cut(character.encode_utf8(&mut [0; 4]), &mut pieces);
            }
            if pieces.len() >= MAX_PIECES {
                break;
            }
        }
        word.finish(&self.vocabulary, &mut pieces);
        pieces.truncate(MAX_PIECES - 1);
        pieces.push(self.end);
        pieces
    }
}

fn expect(part: &str, found: &str, wanted: &str) -> Result<(), ModelError> {
    if found == wanted {
        return Ok(());
    }
    Err(ModelError::tokenizer(format!("its {part} is {found}, but only {wanted} is supported: choose a BERT model")))
}

#[cfg(feature = "built-in")]
#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Reference {
        text: String,
        ids: Vec<i32>,
    }

    fn tokenizer() -> Tokenizer {
        Tokenizer::new(crate::built_in::TOKENIZER).unwrap()
    }

    #[test]
    fn pieces_are_those_of_the_published_tokenizer() {
        let references: Vec<Reference> = serde_json::from_str(include_str!("../../tests/reference.json")).unwrap();
        let tokenizer = tokenizer();
        for reference in references {
            assert_eq!(tokenizer.pieces(&reference.text), reference.ids, "{:?}", reference.text);
        }
    }

    #[test]
    fn names_of_special_pieces_are_text() {
        let pieces = tokenizer().pieces("[SEP] [CLS] [MASK] [PAD] [UNK]");
        let specials = pieces.iter().filter(|piece| (100..=103).contains(*piece) || **piece == 0);
        assert_eq!(specials.copied().collect::<Vec<_>>(), [101, 102]);
    }

    #[test]
    fn a_word_at_the_limit_is_whole_or_unknown() {
        let tokenizer = tokenizer();
        assert_eq!(tokenizer.pieces(&"a".repeat(101)), [101, 100, 102]);
        assert!(!tokenizer.pieces(&"a".repeat(100)).contains(&100));
    }

    #[test]
    fn a_long_text_is_cut_to_its_beginning() {
        let tokenizer = tokenizer();
        let (kept, shorter) = ("one ".repeat(254), "one ".repeat(253));
        assert_eq!(tokenizer.pieces(&kept).len(), MAX_PIECES);
        assert_eq!(tokenizer.pieces(&kept), tokenizer.pieces(&format!("{kept}two three")));
        assert_eq!(tokenizer.pieces(&shorter).len(), MAX_PIECES - 1);
    }

    #[test]
    fn a_text_of_megabytes_is_read_no_further_than_needed() {
        // To read all of these 90 MB would take a debug build minutes.
        let text = "word, ".repeat(15_000_000);
        let tokenizer = tokenizer();
        assert_eq!(tokenizer.pieces(&text), tokenizer.pieces(&text[..2_000]));
    }
}
