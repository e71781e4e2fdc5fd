//! Symbols, emoji above all: each is a word.

use icu_properties::props::{ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, RegionalIndicator};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed};

use super::joiners::ZERO_WIDTH_JOINER;

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::<GeneralCategory>::new();
const PICTOGRAPHS: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<ExtendedPictographic>();
const FLAG_LETTERS: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<RegionalIndicator>();

/// Emoji, currencies, arrows and the like. ASCII has none: its symbols are punctuation to most people.
pub(super) fn is_symbol(character: char) -> bool {
    if character.is_ascii() {
        return false;
    }
    match CATEGORIES.get(character) {
        // The skin tones are among them, and emoji where they stand alone.
        GeneralCategory::ModifierSymbol => matches!(character, '\u{1F3FB}'..='\u{1F3FF}'),
        // Kept free for emoji to come.
        GeneralCategory::Unassigned => PICTOGRAPHS.contains(character),
        category => GeneralCategoryGroup::Symbol.contains(category),
    }
}

/// Spells out the region of a flag such as Scotland's, unseen.
pub(super) fn is_tag(character: char) -> bool {
    matches!(character, '\u{E0020}'..='\u{E007E}')
}

/// Longer symbols are cut off here, in bytes. No emoji is as long.
const LONGEST_SYMBOL: usize = 64;

/// Puts together the characters of one emoji.
#[derive(Default)]
pub(super) struct Symbol {
    text: String,
    /// The next character belongs to this symbol.
    joined: bool,
}

impl Symbol {
    /// Whether the character of a normal form is a part of a symbol, perhaps after others.
    pub(super) fn is_part(&self, character: char) -> bool {
        is_symbol(character) || !self.text.is_empty() && (character == ZERO_WIDTH_JOINER || is_tag(character))
    }

    /// Adds a part; what is returned was complete before it.
    pub(super) fn add(&mut self, part: char) -> Option<String> {
        if part == ZERO_WIDTH_JOINER {
            self.joined = true;
            return None;
        }
        let joined = std::mem::take(&mut self.joined);
        if joined && matches!(part, '♀' | '♂') {
            return None;
        }
        let complete = if joined || is_tag(part) || self.awaits_flag_letter(part) { None } else { self.take() };
        if self.text.len() + part.len_utf8() <= LONGEST_SYMBOL {
            self.text.push(part);
        }
        complete
    }

    pub(super) fn take(&mut self) -> Option<String> {
        self.joined = false;
        let text = std::mem::take(&mut self.text);
        (!text.is_empty()).then_some(text)
    }

    /// A flag is a pair of letters.
    fn awaits_flag_letter(&self, part: char) -> bool {
        let mut parts = self.text.chars();
        FLAG_LETTERS.contains(part)
            && parts.next().is_some_and(|first| FLAG_LETTERS.contains(first))
            && parts.next().is_none()
    }
}
