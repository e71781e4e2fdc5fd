//! Terms: what a memory is indexed under, and what a question looks for.
//!
//! A term is a word, without case and accents, and in English cut down to its stem, so that "preferences" finds "prefers".
//! Text in scripts without spaces has no words that a simple rule could find: each of its characters is a term, and each pair
//! of neighbours is one.

use std::collections::HashSet;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::scripts::is_spaceless;
use super::stop_words::is_stop_word;

/// Longer words are cut off here. They are no words: encoded data, for example.
const LONGEST_WORD: usize = 64;
/// A question is searched for by this many different terms at most, its first ones.
const MOST_TERMS_OF_A_QUESTION: usize = 64;

enum Piece {
    Word(String),
    /// Neighbours in a script without spaces.
    Run(Vec<char>),
}

/// The terms of a memory, as often as they occur.
pub(crate) fn of_memory(content: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let stemmer = Stemmer::create(Algorithm::English);
    each_piece(content, |piece| match piece {
        Piece::Word(word) => terms.push(stem(&stemmer, word)),
        Piece::Run(run) => {
            terms.extend(run.iter().map(char::to_string));
            terms.extend(pairs(&run));
        }
    });
    terms
}

/// The different terms of a question, without stop words, unless it has nothing else.
pub(crate) fn of_question(question: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let mut stop_words = Vec::new();
    let stemmer = Stemmer::create(Algorithm::English);
    each_piece(question, |piece| match piece {
        Piece::Word(word) if is_stop_word(&word) => stop_words.push(stem(&stemmer, word)),
        Piece::Word(word) => terms.push(stem(&stemmer, word)),
        Piece::Run(run) if run.len() == 1 => terms.extend(run.iter().map(char::to_string)),
        // Single characters of a longer run would match nearly everything.
        Piece::Run(run) => terms.extend(pairs(&run)),
    });
    let mut seen = HashSet::new();
    let chosen = if terms.is_empty() { stop_words } else { terms };
    chosen.into_iter().filter(|term| seen.insert(term.clone())).take(MOST_TERMS_OF_A_QUESTION).collect()
}

fn pairs(run: &[char]) -> impl Iterator<Item = String> {
    run.windows(2).map(|pair| pair.iter().collect())
}

fn stem(stemmer: &Stemmer, word: String) -> String {
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) { stemmer.stem(&word).into_owned() } else { word }
}

fn each_piece(text: &str, take: impl FnMut(Piece)) {
    if text.is_ascii() {
        // The most common case has nothing to decompose.
        cut(text.chars(), take);
    } else {
        cut(text.nfkd().filter(|&character| !is_accent(character)).nfc(), take);
    }
}

/// Cuts the text into pieces.
fn cut(text: impl Iterator<Item = char>, mut take: impl FnMut(Piece)) {
    let mut word = String::new();
    let mut length = 0;
    let mut run = Vec::new();
    // The last character ends what came before it.
    for character in text.chain([' ']) {
        let spaceless = is_spaceless(character);
        let of_word = !spaceless && (character.is_alphanumeric() || is_combining_mark(character));
        if !of_word && !word.is_empty() {
            take(Piece::Word(std::mem::take(&mut word)));
            length = 0;
        }
        if !spaceless && !run.is_empty() {
            take(Piece::Run(std::mem::take(&mut run)));
        }
        if spaceless {
            run.push(character);
        } else if of_word && length < LONGEST_WORD {
            word.extend(character.to_lowercase());
            length += 1;
        }
    }
}

/// Marks of the scripts of Europe. The marks of other scripts are vowels, for example, and stay.
fn is_accent(character: char) -> bool {
    matches!(character, '\u{0300}'..='\u{036F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_case_accents_and_endings() {
        assert_eq!(of_memory("Preferences, PREFERS: Café-Crème"), ["prefer", "prefer", "cafe", "creme"]);
        assert_eq!(of_memory("snake_case example.com 3.14"), ["snake", "case", "exampl", "com", "3", "14"]);
    }

    #[test]
    fn a_question_has_no_stop_words_unless_it_has_nothing_else() {
        assert_eq!(of_question("What are this user's UI preferences?"), ["user", "ui", "prefer"]);
        assert_eq!(of_question("Who is it? The who!"), ["who", "is", "it", "the"]);
        assert!(of_question("?! *\"\0").is_empty());
    }

    #[test]
    fn scripts_without_spaces_are_found_by_pairs() {
        assert_eq!(of_memory("深色模"), ["深", "色", "模", "深色", "色模"]);
        assert_eq!(of_question("深色 2024年"), ["深色", "2024", "年"]);
        // Half width and full width are the same, and so are one and two code points for one character.
        assert_eq!(of_question("ガイド"), of_question("ｶﾞｲﾄﾞ"));
        assert_eq!(of_question("สวัสดี").len(), 5);
    }

    #[test]
    fn vowels_that_are_marks_stay() {
        assert_eq!(of_memory("हिन्दी"), ["हिन्दी"]);
    }

    #[test]
    fn no_text_makes_endless_terms() {
        assert_eq!(of_memory(&"x".repeat(1000))[0].len(), LONGEST_WORD);
        let question: String = (0..1000).map(|number| format!("w{number} ")).collect();
        assert_eq!(of_question(&question).len(), MOST_TERMS_OF_A_QUESTION);
    }
}
