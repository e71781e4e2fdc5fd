//! What the model wrote, as far as it is what it was asked for.

use serde_json::Value;

use crate::answer::parsed;
use crate::store::graph::NewFact;
use crate::text::normal;

/// Of a text, no more facts are kept.
pub(super) const MOST_FACTS: usize = 16;
/// A fact with a longer subject, predicate or object is none, in characters.
const LONGEST_NAME: usize = 200;
const LONGEST_PREDICATE: usize = 100;

/// The facts of so many texts, in order, up to the first that the reply leaves out: a model that does so has not done its work. `None` where
/// the reply is not of the shape that was asked for.
pub(super) fn facts(reply: &str, texts: usize) -> Option<Vec<Vec<NewFact>>> {
    let reply = parsed(reply)?;
    let memories = reply.get("memories")?.as_array()?;
    let mut found: Vec<Option<Vec<NewFact>>> = vec![None; texts];
    for memory in memories {
        let place = memory.get("number").and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
        let facts = memory.get("facts").and_then(Value::as_array);
        // What it says of others than it was asked about counts for nothing.
        let known = place.and_then(|place| place.checked_sub(1)).and_then(|place| found.get_mut(place));
        if let (Some(known), Some(facts)) = (known, facts) {
            known.get_or_insert_default().extend(facts.iter().filter_map(fact));
        }
    }
    let mut done: Vec<Vec<NewFact>> = found.into_iter().map_while(|facts| facts).collect();
    done.iter_mut().for_each(|facts| facts.truncate(MOST_FACTS));
    (!done.is_empty()).then_some(done)
}

/// `None` where it is no fact.
fn fact(value: &Value) -> Option<NewFact> {
    let text = |name: &str, longest| text(value.get(name)?, longest);
    Some(NewFact {
        subject: text("subject", LONGEST_NAME)?,
        predicate: text("predicate", LONGEST_PREDICATE)?,
        object: text("object", LONGEST_NAME)?,
    })
}

/// On one line. Models write numbers as such.
fn text(value: &Value, longest: usize) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let text = text.replace(char::is_control, " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let is_blank = normal::squeezed(&text).next().is_none();
    (!is_blank && text.chars().count() <= longest).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(subject: &str, predicate: &str, object: &str) -> NewFact {
        NewFact { subject: subject.to_owned(), predicate: predicate.to_owned(), object: object.to_owned() }
    }

    fn reply(facts: &str) -> String {
        format!(r#"{{"memories": [{{"number": 1, "facts": [{facts}]}}]}}"#)
    }

    #[test]
    fn what_is_no_fact_is_left_out_and_what_is_one_stays() {
        let long = "x".repeat(LONGEST_NAME + 1);
        let facts_of = |text: &str| facts(&reply(text), 1).unwrap().remove(0);
        let good = r#"{"subject": " Ana\n", "predicate": "was  born in", "object": 1987}"#;
        assert_eq!(facts_of(good), [fact("Ana", "was born in", "1987")]);
        for bad in [
            r#"{"subject": "", "predicate": "likes", "object": "tea"}"#,
            r#"{"subject": "Ana", "predicate": " \n", "object": "tea"}"#,
            r#"{"subject": "Ana", "predicate": "likes"}"#,
            r#"{"subject": "Ana", "predicate": "likes", "object": null}"#,
            r#"{"subject": "Ana", "predicate": "likes", "object": ["tea"]}"#,
            r#"{"subject": "\u200b", "predicate": "likes", "object": "tea"}"#,
            &format!(r#"{{"subject": "Ana", "predicate": "likes", "object": "{long}"}}"#),
            &format!(r#"{{"subject": "Ana", "predicate": "{long}", "object": "tea"}}"#),
            "[]",
            "null",
            r#""Ana likes tea""#,
        ] {
            assert_eq!(facts_of(&format!("{bad}, {good}")).len(), 1, "{bad}");
        }
        assert_eq!(facts_of(&[good; 100].join(", ")).len(), MOST_FACTS);
    }

    #[test]
    fn a_reply_counts_up_to_the_first_memory_that_it_leaves_out() {
        let some = |numbers: &[u32]| {
            let memories = numbers.iter().map(|number| format!(r#"{{"number": {number}, "facts": []}}"#));
            facts(&format!(r#"{{"memories": [{}]}}"#, memories.collect::<Vec<_>>().join(", ")), 3)
                .map(|done| done.len())
        };
        assert_eq!(some(&[1, 2, 3]), Some(3));
        assert_eq!(some(&[3, 2, 1, 1, 0, 4, 77]), Some(3));
        assert_eq!(some(&[1, 3]), Some(1));
        assert_eq!(some(&[2, 3]), None);
        for none in ["", "Ana drinks tea.", "[]", "{}", r#"{"memories": {}}"#, r#"{"memories": [{"number": 1}]}"#] {
            assert_eq!(facts(none, 1), None, "{none}");
        }
    }
}
