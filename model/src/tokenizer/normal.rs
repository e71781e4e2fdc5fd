//! The form of text that BERT's vocabulary is made of: without control characters, accents and case.

use icu_normalizer::{DecomposingNormalizer, DecomposingNormalizerBorrowed};
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};
use serde::Deserialize;

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::<GeneralCategory>::new();
const DECOMPOSE: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizer::new_nfd();

/// The `BertNormalizer` of a `tokenizer.json`.
#[derive(Debug, Deserialize)]
pub(super) struct Normal {
    #[serde(rename = "type")]
    pub(super) kind: String,
    clean_text: bool,
    handle_chinese_chars: bool,
    /// As `lowercase` where it is left open.
    strip_accents: Option<bool>,
    lowercase: bool,
}

impl Normal {
    /// The characters of the text's normal form, made as they are asked for.
    pub(super) fn characters<'a>(&'a self, text: &'a str) -> impl Iterator<Item = char> + 'a {
        let clean =
            text.chars().filter_map(|character| if self.clean_text { cleaned(character) } else { Some(character) });
        let spaced = clean.flat_map(|character| spaced(character, self.handle_chinese_chars && is_han(character)));
        let bare: Box<dyn Iterator<Item = char>> = if self.strip_accents.unwrap_or(self.lowercase) {
            Box::new(DECOMPOSE.normalize_iter(spaced).filter(|&character| !is_accent(character)))
        } else {
            Box::new(spaced)
        };
        bare.flat_map(|character| lowered(character, self.lowercase))
    }
}

pub(super) fn is_punctuation(character: char) -> bool {
    // Of ASCII, symbols as well: `$`, `+`, `<`.
    character.is_ascii_punctuation()
        || !character.is_ascii() && GeneralCategoryGroup::Punctuation.contains(CATEGORIES.get(character))
}

fn cleaned(character: char) -> Option<char> {
    if character == char::REPLACEMENT_CHARACTER || is_control(character) {
        return None;
    }
    Some(if character.is_whitespace() { ' ' } else { character })
}

fn is_control(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control() && !matches!(character, '\t' | '\n' | '\r');
    }
    matches!(
        CATEGORIES.get(character),
        GeneralCategory::Control | GeneralCategory::Format | GeneralCategory::PrivateUse
    )
}

fn is_accent(character: char) -> bool {
    !character.is_ascii() && CATEGORIES.get(character) == GeneralCategory::NonspacingMark
}

/// Whether the character is one of those that BERT makes a word of its own: Han characters, without the kana and Hangul beside them.
fn is_han(character: char) -> bool {
    matches!(
        character,
        '\u{4E00}'..='\u{9FFF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{20000}'..='\u{2A6DF}'
            | '\u{2A700}'..='\u{2B73F}'
            | '\u{2B740}'..='\u{2B81F}'
            | '\u{2B820}'..='\u{2CEAF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{2F800}'..='\u{2FA1F}'
    )
}

fn spaced(character: char, apart: bool) -> impl Iterator<Item = char> {
    let space = apart.then_some(' ');
    space.into_iter().chain([character]).chain(space)
}

fn lowered(character: char, lowercase: bool) -> impl Iterator<Item = char> {
    let lower = lowercase.then(|| character.to_lowercase());
    let same = (!lowercase).then_some(character);
    lower.into_iter().flatten().chain(same)
}
