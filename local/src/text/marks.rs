//! Marks and invisible characters: which of them people leave out when they write or search, script by script.
//!
//! An accent of Latin, a vowel point of Hebrew or Arabic and a nukta of Devanagari are left out often. A vowel sign of an Indic
//! script, a tone mark of Thai or a dakuten of Japanese makes another word, and stays.

use icu_properties::props::{DefaultIgnorableCodePoint, EmojiModifier, GeneralCategory, GeneralCategoryGroup, Script};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed};

use super::joiners::{ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER};
use super::scripts::script;
use super::symbols::{is_symbol, is_tag};

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::<GeneralCategory>::new();
const IGNORABLE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<DefaultIgnorableCodePoint>();
const SKIN_TONES: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<EmojiModifier>();

/// Decides about each character of a decomposed text, in order.
pub(super) struct Marks {
    /// The last character that is not a mark.
    base: char,
}

impl Default for Marks {
    fn default() -> Self {
        Self { base: ' ' }
    }
}

impl Marks {
    pub(super) fn keep(&mut self, character: char) -> bool {
        if character.is_ascii() {
            self.base = character;
            return true;
        }
        let category = CATEGORIES.get(character);
        // Most characters of most texts. Of all letters, only the fillers of Hangul are invisible.
        let is_letter =
            GeneralCategoryGroup::CasedLetter.contains(category) || category == GeneralCategory::OtherLetter;
        if is_letter && script(character) != Script::Hangul {
            self.base = character;
            return true;
        }
        if character == TATWEEL || SKIN_TONES.contains(character) && is_symbol(self.base) {
            return false;
        }
        if IGNORABLE.contains(character) {
            return self.keep_ignorable(character);
        }
        match category {
            GeneralCategory::NonspacingMark => !is_accent(character, self.base),
            GeneralCategory::EnclosingMark => false,
            GeneralCategory::SpacingMark => true,
            _ => {
                self.base = character;
                true
            }
        }
    }

    /// Invisible characters go, but for those that make one emoji of several characters or part an Arabic word.
    fn keep_ignorable(&self, character: char) -> bool {
        match character {
            ZERO_WIDTH_JOINER => is_symbol(self.base),
            ZERO_WIDTH_NON_JOINER => script(self.base) == Script::Arabic,
            _ => is_tag(character) && is_symbol(self.base),
        }
    }
}

/// Only makes a word longer to look at.
const TATWEEL: char = '\u{0640}';
const DEVANAGARI_NUKTA: char = '\u{093C}';

fn is_accent(mark: char, base: char) -> bool {
    let own = script(mark);
    let shared = own == Script::Inherited || own == Script::Common;
    match if shared { script(base) } else { own } {
        Script::Latin | Script::Greek | Script::Common | Script::Hebrew | Script::Arabic | Script::Syriac => true,
        Script::Cyrillic => is_cyrillic_accent(mark, base),
        // The shared ones are accents of Vedic texts.
        Script::Devanagari => shared || mark == DEVANAGARI_NUKTA,
        Script::Hiragana | Script::Katakana => !matches!(mark, '\u{3099}' | '\u{309A}'),
        _ => matches!(mark, '\u{0300}'..='\u{036F}'),
    }
}

/// Stress, and the dots of ё, are mostly left out. Other marks make another letter: й, ї, ў, ѓ, ќ, ӣ.
fn is_cyrillic_accent(mark: char, base: char) -> bool {
    match mark {
        '\u{0300}' => true,
        '\u{0301}' => !matches!(base, 'г' | 'Г' | 'к' | 'К'),
        '\u{0308}' => matches!(base, 'е' | 'Е'),
        _ => false,
    }
}
