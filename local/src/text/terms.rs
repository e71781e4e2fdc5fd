//! Terms: what a memory is indexed under, and what a question looks for.
//!
//! A term is a word in its [normal](super::normal) form, and in English cut down to its [root](super::roots), so that "preferences" finds
//! "prefers" and "bought" finds "buy"; or a symbol, such as an emoji. Text in scripts without spaces has no words that a simple rule could find: each pair
//! of neighbouring characters is a term, and so is the last character, so that each character begins one.

use std::cell::LazyCell;

use rust_stemmers::{Algorithm, Stemmer};

use super::pieces::{self, Piece};
use super::roots;
use super::stop_words::{self, is_stop_word};

/// A question is searched for by this many different terms at most, its first ones.
const MOST_TERMS_OF_A_QUESTION: usize = 64;
/// A question is read so far, in characters.
const LONGEST_QUESTION: usize = 16_384;

/// The terms of a memory, as often as they occur. Those that are the same stand together, which the index takes in several times
/// faster.
#[derive(Debug)]
pub(crate) struct Terms {
    /// Each followed by a space: a text of its own for each would take many times the memory.
    text: String,
    count: usize,
}

impl Terms {
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.text.split_ascii_whitespace()
    }
}

/// Terms in the order of the text.
#[derive(Default)]
struct Unsorted {
    text: String,
    /// Where each begins.
    begins: Vec<usize>,
}

impl Unsorted {
    fn push(&mut self, characters: impl IntoIterator<Item = char>) {
        self.begins.push(self.text.len());
        self.text.extend(characters);
        self.text.push(' ');
    }

    fn sort(mut self) -> Terms {
        let bytes = self.text.as_bytes();
        self.begins.sort_unstable_by_key(|&begin| first_bytes(&bytes[begin..]));
        let mut text = String::with_capacity(self.text.len());
        for &begin in &self.begins {
            text.extend(self.text[begin..].split_inclusive(' ').next());
        }
        Terms { text, count: self.begins.len() }
    }
}

/// Enough to tell most terms apart.
fn first_bytes(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        // The last ones.
        None => text.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)) << (64 - 8 * text.len()),
    }
}

/// What a question looks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Term {
    /// A word or a symbol.
    Word(String),
    /// Neighbours in a script without spaces. Many are no word, but the seam between two.
    Pair(String),
    /// A single character of such a script, which any term may begin with.
    Beginning(String),
}

pub(crate) fn of_memory(content: &str) -> Terms {
    let mut terms = Unsorted::default();
    let stemmer = Stemmer::create(Algorithm::English);
    pieces::each(content, |piece| {
        match piece {
            Piece::Word(word) => terms.push(stem(&stemmer, word).chars()),
            Piece::Pair(one, other) => terms.push([one].into_iter().chain(other)),
            Piece::Symbol(symbol) => terms.push(symbol.chars()),
        }
        true
    });
    terms.sort()
}

/// The different terms of a question, without stop words.
pub(crate) fn of_question(question: &str) -> Vec<Term> {
    let end = question.char_indices().nth(LONGEST_QUESTION).map_or(question.len(), |(end, _)| end);
    let question = &question[..end];
    let mut terms = Vec::new();
    let stemmer = Stemmer::create(Algorithm::English);
    let acronyms = LazyCell::new(|| stop_words::acronyms(question));
    let mut in_run = false;
    pieces::each(question, |piece| {
        let was_in_run = std::mem::replace(&mut in_run, matches!(piece, Piece::Pair(_, Some(_))));
        let term = match piece {
            Piece::Word(word) if is_stop_word(word) && !acronyms.contains(&word) => None,
            Piece::Word(word) => Some(Term::Word(stem(&stemmer, word))),
            Piece::Symbol(symbol) => Some(Term::Word(symbol)),
            Piece::Pair(one, Some(other)) => Some(Term::Pair(String::from_iter([one, other]))),
            // Single characters of a longer run would match nearly everything.
            Piece::Pair(one, None) => (!was_in_run).then(|| Term::Beginning(one.to_string())),
        };
        terms.extend(term.filter(|term| !terms.contains(term)));
        terms.len() < MOST_TERMS_OF_A_QUESTION
    });
    terms
}

/// No stem is a stop word: "outing" does not find "out".
fn stem(stemmer: &Stemmer, word: &str) -> String {
    if !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let stem = stemmer.stem(roots::base(word));
    let root = roots::root(&stem);
    if is_stop_word(root) { word.to_owned() } else { root.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::text::pieces::LONGEST_WORD;

    fn memory(content: &str) -> Vec<String> {
        of_memory(content).iter().map(str::to_owned).collect()
    }

    fn question(question: &str) -> Vec<String> {
        let text = |term| match term {
            Term::Word(text) | Term::Pair(text) | Term::Beginning(text) => text,
        };
        of_question(question).into_iter().map(text).collect()
    }

    #[test]
    fn no_text_makes_endless_terms() {
        assert_eq!(memory(&"x".repeat(1000))[0].len(), LONGEST_WORD);
        assert!(memory(&"🚀\u{200D}".repeat(1000))[0].len() <= LONGEST_WORD);
        let long: String = (0..1000).map(|number| format!("w{number} ")).collect();
        assert_eq!(question(&long).len(), MOST_TERMS_OF_A_QUESTION);
        assert_eq!(question(&("the ".repeat(LONGEST_QUESTION / 4 - 1) + "red tea")), ["red"]);
    }

    #[test]
    fn terms_grow_with_the_text_and_no_faster() {
        for text in ["深色模式是什么", "The user likes tea. ", "ผู้ใช้ชอบโหมดมืด", "🚀", "می\u{200C}خواهم "]
        {
            let terms = |times: usize| of_memory(&text.repeat(times));
            let (one, many) = (terms(20), terms(2000));
            assert!(many.count() <= one.count() * 101, "{text}");
            assert!(many.count() <= text.len() * 2000 / 3, "{text}: {}", many.count());
            // Each character of a run is in two terms, with a space between them.
            assert!(many.text.len() <= text.len() * 2000 * 5 / 2, "{text}: {}", many.text.len());
            assert_eq!(many.iter().count(), many.count());
        }
    }
    /// The values of each line of a file of dev/recall.
    fn lines(text: &str) -> Vec<HashMap<String, String>> {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn the_questions_of_the_recall_set_have_one_fact_each_and_no_term_of_it() {
        let facts = lines(include_str!("../../../dev/recall/facts.jsonl"));
        let questions = lines(include_str!("../../../dev/recall/questions.jsonl"));
        let by_id: HashMap<&str, &str> =
            facts.iter().map(|fact| (fact["id"].as_str(), fact["fact"].as_str())).collect();
        assert_eq!(by_id.len(), facts.len(), "an id is there twice");
        let mut asked = HashSet::new();
        let mut shared = Vec::new();
        for line in &questions {
            let id = line["fact"].as_str();
            assert!(asked.insert(id), "two questions have the fact {id}");
            let fact = memory(by_id.get(id).unwrap_or_else(|| panic!("there is no fact {id}")));
            let terms = question(&line["question"]);
            let terms: Vec<_> = terms.into_iter().filter(|term| fact.contains(term)).collect();
            if !terms.is_empty() {
                shared.push(format!("{id}: {}", terms.join(", ")));
            }
        }
        assert!(questions.len() >= 200, "{}", questions.len());
        assert_eq!(shared, [""; 0], "questions share terms with their facts");
    }

    #[test]
    fn no_question_of_the_recall_set_is_there_twice() {
        let answered = lines(include_str!("../../../dev/recall/questions.jsonl"));
        let unanswered = lines(include_str!("../../../dev/recall/unanswered.jsonl"));
        let mut all: Vec<&str> = answered.iter().chain(&unanswered).map(|line| line["question"].as_str()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
