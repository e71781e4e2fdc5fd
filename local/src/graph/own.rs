//! Telling the facts of a text from those of another.

use crate::store::graph::NewFact;
use crate::text::mention::Mentions;

/// Leaves out the facts that are not of the text that they were given for, and says how many. Small models give each text the facts of all, or
/// the prompt's example.
///
/// A fact is left out in two cases:
/// - its text mentions neither its subject nor its object;
/// - its text does not mention one of them, nor its predicate, and another text of the request spells both. Texts about one person are told
///   apart by that.
///
/// It is better to keep a wrong fact than to lose a right one, so a name is mentioned where any of its words is, in any form. What stands for a
/// pronoun ("the user", "she") or is in another script than the text may be meant by any text.
pub(super) fn retain(facts: &mut [Vec<NewFact>], texts: &[&str]) -> usize {
    let texts: Vec<Mentions> = texts.iter().map(|text| Mentions::of(text)).collect();
    let mut foreign = 0;
    for (place, facts) in facts.iter_mut().enumerate() {
        let (before, after) = texts.split_at(place);
        let Some((own, after)) = after.split_first() else { break };
        let count = facts.len();
        facts.retain(|fact| is_of(own, before.iter().chain(after), fact));
        foreign += count - facts.len();
    }
    foreign
}

fn is_of<'a>(own: &Mentions, mut others: impl Iterator<Item = &'a Mentions>, fact: &NewFact) -> bool {
    let names = [&fact.subject, &fact.object];
    match names.map(|name| own.mention(name) == Some(false)) {
        [false, false] => true,
        [true, true] => false,
        _ => {
            own.mention(&fact.predicate) == Some(true)
                || !others.any(|other| names.into_iter().all(|name| other.spell(name)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(facts: [&str; 3], text: &str, other: &str) -> bool {
        let [subject, predicate, object] = facts.map(str::to_owned);
        let fact = NewFact { subject, predicate, object };
        let mut facts = [vec![fact], Vec::new()];
        retain(&mut facts, &[text, other]) == 0 && facts[0].len() == 1
    }

    #[test]
    fn a_fact_of_another_text_or_of_none_is_left_out() {
        for (fact, text, other) in [
            (["Ana", "drinks", "green tea"], "Ben plays chess.", "Ana drinks green tea."),
            (["Ana", "drinks", "green tea"], "Ben plays chess.", "Cleo sings."),
            (["Ana", "drinks", "green tea"], "Ana plays chess.", "Ana drinks green tea."),
            (["The user", "prefers", "dark mode"], "The user is allergic to nuts.", "User preference: dark mode"),
            (["user", "is", "vegetarian"], "I play chess.", "I'm a vegetarian."),
            (["小明", "喝", "绿茶"], "安娜下象棋", "小明喝绿茶"),
        ] {
            assert!(!kept(fact, text, other), "{fact:?} of {text:?}");
            assert!(kept(fact, other, text) || other == "Cleo sings.", "{fact:?} of {other:?}");
        }
    }

    #[test]
    fn a_fact_that_says_it_in_other_words_is_kept() {
        for (fact, text, other) in [
            (["Ana", "loves", "hot beverages"], "Ana can't do without her cuppa.", "Ana drinks green tea."),
            (["Ana", "loves", "tea"], "Ana loves her cuppa.", "Ana drinks tea."),
            (["Ben", "moved to", "Berlin"], "My brother moved to Berlin in 2020.", "Ben lives in Berlin."),
            (["the user", "is", "vegetarian"], "I eat no meat.", "I play chess."),
            (["she", "is", "a physician"], "She works as a doctor.", "Ana plays chess."),
            (["user", "likes", "tea"], "Ich trinke gern einen Assam.", "Ben spielt Schach."),
            (["Anna", "likes", "tea"], "Анна любит чай", "Ben plays chess."),
            (["United Nations", "meet in", "New York City"], "UN meetings are in NYC", "Ben plays chess."),
            (["closing time", "is", "18:00"], "We close at 18 o'clock.", "Ben plays chess."),
        ] {
            assert!(kept(fact, text, other), "{fact:?} of {text:?}");
        }
    }

    #[test]
    fn only_texts_that_the_reply_gives_facts_of_are_looked_at() {
        let fact =
            NewFact { subject: "Ana".to_owned(), predicate: "drinks".to_owned(), object: "green tea".to_owned() };
        let mut facts = [vec![fact]];
        assert_eq!(retain(&mut facts, &["Ben plays chess.", "Ana drinks green tea."]), 1);
    }
}
