//! A word while it is being read.

use super::vocabulary::Vocabulary;

/// The characters of a word so far, no more of them than a known word can have.
#[derive(Default)]
pub(super) struct Word {
    text: String,
    characters: usize,
}

impl Word {
    pub(super) fn push(&mut self, character: char, vocabulary: &Vocabulary) {
        self.characters += 1;
        if self.characters <= vocabulary.max_word {
            self.text.push(character);
        }
    }

    /// Adds the word's pieces and begins another.
    pub(super) fn finish(&mut self, vocabulary: &Vocabulary, pieces: &mut Vec<i32>) {
        if self.characters > vocabulary.max_word {
            vocabulary.unknown(pieces);
        } else {
            vocabulary.cut(&self.text, pieces);
        }
        self.text.clear();
        self.characters = 0;
    }
}
