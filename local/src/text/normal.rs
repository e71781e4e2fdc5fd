//! The one normal form of text, for search and dedup alike: without case, compatibility forms, accents and script variants.
//!
//! The steps are those of Unicode's compatibility caseless match (definition D146): decompose, fold, compose. In between,
//! [marks] and [letters] take out what people of a script don't look at when they search.

use std::iter;

use either::Either;
use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_normalizer::{
    ComposingNormalizer, ComposingNormalizerBorrowed, DecomposingNormalizer, DecomposingNormalizerBorrowed,
};

use super::devanagari::Anusvara;
use super::joiners::ZERO_WIDTH_NON_JOINER;
use super::letters;
use super::marks::Marks;

const DECOMPOSE: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizer::new_nfkd();
const COMPOSE: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfc();
const CASES: CaseMapperBorrowed<'static> = CaseMapper::new();

/// The normal form of the text, character by character.
///
/// A zero-width joiner within an emoji stays, and so does a zero-width non-joiner within an Arabic word: [`super::pieces`] needs
/// them.
pub(crate) fn characters(text: &str) -> impl Iterator<Item = char> {
    // The most common case has nothing to decompose.
    if text.is_ascii() {
        return Either::Left(text.chars().map(|character| character.to_ascii_lowercase()));
    }
    let mut marks = Marks::default();
    let decomposed = DECOMPOSE.normalize_iter(text.chars().map(without_trade_marks));
    let bare = decomposed.filter(move |&character| marks.keep(character));
    let mut yiwn = letters::Yiwn::default();
    let folded = bare.flat_map(fold).map(move |character| yiwn.replace(character));
    Either::Right(COMPOSE.normalize_iter(Anusvara::new(folded)))
}

/// The normal form of the text as dedup compares it: one space for any white space between words, none at the ends.
pub(crate) fn squeezed(text: &str) -> impl Iterator<Item = char> {
    let mut pending_space = false;
    let mut begun = false;
    characters(text)
        .filter(|&character| character != ZERO_WIDTH_NON_JOINER)
        .flat_map(move |character| {
            if character.is_whitespace() {
                pending_space = begun;
                return [None, None];
            }
            begun = true;
            [std::mem::take(&mut pending_space).then_some(' '), Some(character)]
        })
        .flatten()
}

/// Decomposed, "Acme™" would be "AcmeTM".
fn without_trade_marks(character: char) -> char {
    if matches!(character, '\u{2120}' | '\u{2122}') { ' ' } else { character }
}

fn fold(character: char) -> impl Iterator<Item = char> {
    let folded = if character.is_ascii() {
        character.to_ascii_lowercase()
    } else {
        letters::alike(CASES.simple_fold(character))
    };
    let (first, second) = match letters::pair(folded) {
        Some((first, second)) => (first, Some(second)),
        None => (folded, None),
    };
    iter::once(first).chain(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        characters(text).collect()
    }

    /// All characters but those of the planes that have none yet, or only private ones or Han characters: many in one text, each between
    /// these two.
    fn every_character(before: &str, after: &str) -> Vec<String> {
        let all: Vec<char> = ('\0'..'\u{20000}').chain('\u{E0000}'..'\u{E1000}').collect();
        let text = |some: &[char]| some.iter().map(|character| format!("{before}{character}{after}")).collect();
        all.chunks(256).map(text).collect()
    }

    /// It is written beside the letter in capitals; as a mark, it goes like any accent.
    fn without_iota_subscript(text: &str) -> String {
        let has_one = |character: &char| DECOMPOSE.normalize(&character.to_string()).contains('\u{345}');
        text.chars().filter(|character| !has_one(character)).collect()
    }

    #[test]
    fn case_folding_is_unicodes_full_one() {
        for text in every_character("", " ").iter().map(|text| without_iota_subscript(text)) {
            assert_eq!(normal(&text), normal(&CASES.fold_string(&text)));
        }
    }

    #[test]
    fn compatibility_forms_are_the_same_but_for_signs_that_would_become_letters() {
        for text in every_character("", " ").iter().map(|text| text.replace(['\u{2120}', '\u{2122}'], "")) {
            assert_eq!(normal(&text), normal(&DECOMPOSE.normalize(&text)));
        }
    }

    #[test]
    fn what_is_normal_stays_as_it_is() {
        for text in every_character("a", "b ") {
            assert_eq!(normal(&normal(&text)), normal(&text));
        }
    }

    #[test]
    fn ascii_is_the_same_among_other_characters_and_alone() {
        let ascii: String = ('\0'..='\x7F').flat_map(|character| [character, 'a']).collect();
        assert_eq!(normal(&format!("{ascii}é")), normal(&ascii) + "e");
    }

    #[test]
    fn white_space_is_squeezed() {
        assert_eq!(squeezed("  The User\n\tprefers \u{3000} tea\u{200B} ").collect::<String>(), "the user prefers tea");
        assert_eq!(squeezed(" \u{200D} ").count(), 0);
    }
}
