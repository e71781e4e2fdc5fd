//! What a question may name: each few words of it that stand together, in [normal](super::normal) form.

use super::normal;
use super::scripts::is_spaceless;
use super::stop_words::is_stop_word;

/// A question is read so far, in characters.
const LONGEST_QUESTION: usize = 4096;
/// The longest name, in words. In a script without spaces each character counts as one.
const MOST_WORDS: usize = 8;
/// No more are taken from one question.
const MOST_PHRASES: usize = 1000;

/// The phrases of the question, the longest of each beginning first. A word that says nothing is none by itself.
pub(crate) fn of_question(question: &str) -> Vec<String> {
    let text: String = normal::squeezed(question).take(LONGEST_QUESTION).collect();
    let words = words(&text);
    let mut phrases = Vec::new();
    for (place, first) in words.iter().enumerate() {
        for last in words[place..].iter().take(MOST_WORDS).rev() {
            for end in [last.with_signs, last.end] {
                let phrase = &text[first.begin..end];
                if !is_stop_word(phrase) && phrases.last().is_none_or(|other| other != phrase) {
                    phrases.push(phrase.to_owned());
                }
            }
        }
        if phrases.len() >= MOST_PHRASES {
            break;
        }
    }
    phrases
}

/// Where a word is.
struct Word {
    begin: usize,
    end: usize,
    /// The end with the signs behind it that may belong to a name, as in "C++".
    with_signs: usize,
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut within = false;
    for (place, character) in text.char_indices() {
        let end = place + character.len_utf8();
        let is_letter = character.is_alphanumeric() || is_spaceless(character);
        match words.last_mut() {
            Some(last) if is_letter && within && !is_spaceless(character) => (last.end, last.with_signs) = (end, end),
            Some(last) if !is_letter && last.with_signs == place && matches!(character, '+' | '#' | '.' | '!') => {
                last.with_signs = end;
            }
            _ if is_letter => words.push(Word { begin: place, end, with_signs: end }),
            _ => {}
        }
        within = is_letter && !is_spaceless(character);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_may_name_any_few_words_of_it() {
        for (question, named) in [
            ("Where does Ana's dog live?", &["ana", "ana's dog", "dog", "where does ana"][..]),
            ("Who uses C++, or C#?", &["c++", "c", "c#"]),
            ("Is Łódź nice", &["lodz"]),
            ("New York City hotels", &["new york", "new york city", "hotels"]),
            ("安娜喝什么", &["安娜", "喝"]),
        ] {
            let phrases = of_question(question);
            for name in named {
                assert!(phrases.contains(&(*name).to_owned()), "{name:?} of {question:?}: {phrases:?}");
            }
        }
        assert!(!of_question("What is it?").iter().any(|phrase| ["what", "is", "it"].contains(&phrase.as_str())));
        assert!(of_question("?! ").is_empty());
    }

    #[test]
    fn a_long_question_has_no_more_phrases() {
        let question: String = (0..10_000).map(|number| format!("word{number} ")).collect();
        assert!(of_question(&question).len() <= MOST_PHRASES + 2 * MOST_WORDS);
    }
}
