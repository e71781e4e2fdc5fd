//! Whether a text mentions a name, in whatever form.

use std::collections::HashSet;

use icu_properties::props::Script;

use super::normal;
use super::scripts::script;
use super::terms::{self, Term};

/// The roots of what stands for somebody whom a text need not name.
const STAND_INS: [&str; 3] = ["user", "assist", "speaker"];
/// Words with as many characters in common, at their beginning or as a part, may be forms of one word: "Анна" and "Анне", "Wein" and "Rotwein".
const SHORTEST_PART: usize = 3;
/// Longer words in capitals are no abbreviations.
const LONGEST_ABBREVIATION: usize = 6;

/// What may be mentioned in a text.
pub(crate) struct Mentions {
    terms: HashSet<String>,
    scripts: HashSet<Script>,
    /// The first letter of each word.
    initials: String,
}

impl Mentions {
    pub(crate) fn of(text: &str) -> Self {
        let terms = terms::of_memory(text).iter().map(str::to_owned).collect();
        Self { terms, scripts: scripts(text), initials: initials(text) }
    }

    /// Whether any word of the name is there in some form. `None` where that says nothing: the name has none but pronouns and the like, or is in
    /// a script that the text is not in.
    pub(crate) fn mention(&self, name: &str) -> Option<bool> {
        let terms = telling(name);
        let written = scripts(name);
        if terms.is_empty() || !written.is_empty() && written.is_disjoint(&self.scripts) {
            return None;
        }
        Some(terms.iter().any(|term| self.has(term)) || self.abbreviates(name))
    }

    /// Whether all that the name says is there, word for word.
    pub(crate) fn spell(&self, name: &str) -> bool {
        telling(name).iter().all(|term| self.has_exactly(term))
    }

    fn has_exactly(&self, term: &Term) -> bool {
        match term {
            Term::Word(term) | Term::Pair(term) => self.terms.contains(term),
            Term::Beginning(term) => self.terms.iter().any(|other| other.starts_with(term)),
        }
    }

    fn has(&self, term: &Term) -> bool {
        let is_alike = |word: &str| self.terms.iter().any(|other| are_alike(word, other));
        self.has_exactly(term) || matches!(term, Term::Word(word) if is_alike(word))
    }

    /// Whether one of them has the initials of the other: "NYC" and "New York City".
    fn abbreviates(&self, name: &str) -> bool {
        let short = initials(name);
        let length = name.chars().count();
        let is_short = (2..=LONGEST_ABBREVIATION).contains(&length) && name.chars().all(char::is_uppercase);
        short.chars().count() > 1 && self.terms.contains(&short)
            || is_short && self.initials.contains(&normal::squeezed(name).collect::<String>())
    }
}

fn telling(name: &str) -> Vec<Term> {
    let mut terms = terms::of_question(name);
    terms.retain(|term| !matches!(term, Term::Word(word) if STAND_INS.contains(&word.as_str())));
    terms
}

fn scripts(text: &str) -> HashSet<Script> {
    text.chars().filter(|character| character.is_alphabetic()).map(script).collect()
}

fn initials(text: &str) -> String {
    let words = text.split(|character: char| !character.is_alphanumeric());
    normal::squeezed(&words.filter_map(|word| word.chars().next()).collect::<String>()).collect()
}

fn are_alike(one: &str, other: &str) -> bool {
    let lengths = [one, other].map(|word| word.chars().count());
    let [shorter, longer] = if lengths[0] <= lengths[1] { [one, other] } else { [other, one] };
    let common = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    lengths.iter().all(|&length| length >= SHORTEST_PART)
        && (longer.contains(shorter) || common >= SHORTEST_PART && common * 2 >= longer.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_mentioned_in_whatever_form_it_is_written() {
        for (text, name) in [
            ("Ana drinks green tea.", "tea"),
            ("I've had allergies for years.", "an allergic person"),
            ("Ich trinke gern Rotwein.", "Wein"),
            ("Wir wohnen in Köln", "KOLN"),
            ("Подари Анне книгу", "Анна"),
            ("安娜喜欢喝绿茶", "绿茶"),
            ("안나는 서울에 산다", "서울"),
            ("かれはネコをかう", "ねこ"),
            ("وصلت القهوة", "قهوة"),
            ("The rent is 1,000 euros", "1000"),
            ("She lives in NYC", "New York City"),
            ("The United Nations meet", "UN"),
            ("Mittagessen mit 🍕", "🍕"),
        ] {
            assert_eq!(Mentions::of(text).mention(name), Some(true), "{name:?} in {text:?}");
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_told_from_one_that_cannot_be_looked_for() {
        for (text, name, expected) in [
            ("Ana drinks green tea.", "Ben", Some(false)),
            ("Ana drinks green tea.", "chess", Some(false)),
            ("Ana was born in 1987.", "1992", Some(false)),
            ("安娜喜欢喝绿茶", "象棋", Some(false)),
            ("I play chess.", "The user", None),
            ("I play chess.", "I", None),
            ("I play chess.", "the assistant", None),
            ("安娜喜欢喝绿茶", "green tea", None),
            ("Анна любит чай", "Anna", None),
        ] {
            assert_eq!(Mentions::of(text).mention(name), expected, "{name:?} in {text:?}");
        }
    }

    #[test]
    fn a_text_spells_a_name_with_all_its_words() {
        let text = Mentions::of("The user drinks green tea. 小明喝绿茶");
        for (name, expected) in
            [("green teas", true), ("the user", true), ("绿茶", true), ("black tea", false), ("红茶", false)]
        {
            assert_eq!(text.spell(name), expected, "{name}");
        }
    }
}
