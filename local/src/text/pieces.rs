//! Cutting text into words, runs of a script without spaces, and symbols.

use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};

use super::joiners::ZERO_WIDTH_NON_JOINER;
use super::normal;
use super::scripts::is_spaceless;
use super::symbols::Symbol;

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::<GeneralCategory>::new();

/// Longer words are cut off here, in characters. They are no words: encoded data, for example.
pub(super) const LONGEST_WORD: usize = 64;

pub(super) enum Piece<'a> {
    Word(&'a str),
    /// Part of a run in a script without spaces: a character and the one after it, if it isn't the last.
    Pair(char, Option<char>),
    Symbol(String),
}

/// Cuts the text into pieces of its normal form, in order, for as long as `take` wants more.
pub(super) fn each(text: &str, take: impl FnMut(Piece<'_>) -> bool) {
    let mut cutter =
        Cutter { take, wants_more: true, word: String::new(), length: 0, run: None, symbol: Symbol::default() };
    cutter.cut(normal::characters(text));
}

struct Cutter<T> {
    take: T,
    wants_more: bool,
    word: String,
    length: usize,
    /// The last character of a run so far.
    run: Option<char>,
    symbol: Symbol,
}

impl<T: FnMut(Piece<'_>) -> bool> Cutter<T> {
    fn cut(&mut self, characters: impl Iterator<Item = char>) {
        for character in characters {
            self.add(character);
            if !self.wants_more {
                return;
            }
        }
        self.end_all();
    }

    fn add(&mut self, character: char) {
        if self.symbol.is_part(character) {
            self.end_word();
            self.end_run();
            if let Some(symbol) = self.symbol.add(character) {
                self.wants_more &= (self.take)(Piece::Symbol(symbol));
            }
        } else if !is_of_word(character) {
            self.end_all();
        } else if is_spaceless(character) {
            self.end_word();
            self.end_symbol();
            if let Some(last) = self.run.replace(character) {
                self.wants_more &= (self.take)(Piece::Pair(last, Some(character)));
            }
        } else {
            self.end_run();
            self.end_symbol();
            if self.length < LONGEST_WORD {
                self.word.push(character);
                self.length += 1;
            }
        }
    }

    fn end_all(&mut self) {
        self.end_word();
        self.end_run();
        self.end_symbol();
    }

    /// A word of Persian is also found by its parts, and when it is written without the non-joiner between them.
    fn end_word(&mut self) {
        self.length = 0;
        if self.word.contains(ZERO_WIDTH_NON_JOINER) {
            let parts = self.word.split(ZERO_WIDTH_NON_JOINER).filter(|part| !part.is_empty());
            let parts: Vec<String> = parts.map(str::to_owned).collect();
            if parts.len() > 1 {
                for part in &parts {
                    self.wants_more &= (self.take)(Piece::Word(part));
                }
            }
            self.word = parts.concat();
        }
        if !self.word.is_empty() {
            self.wants_more &= (self.take)(Piece::Word(&self.word));
            self.word.clear();
        }
    }

    fn end_run(&mut self) {
        if let Some(last) = self.run.take() {
            self.wants_more &= (self.take)(Piece::Pair(last, None));
        }
    }

    fn end_symbol(&mut self) {
        if let Some(symbol) = self.symbol.take() {
            self.wants_more &= (self.take)(Piece::Symbol(symbol));
        }
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric()
        || !character.is_ascii()
            && (character == ZERO_WIDTH_NON_JOINER || GeneralCategoryGroup::Mark.contains(CATEGORIES.get(character)))
}
