//! Whether what was seen is what must be.

use serde_json::Value;

use crate::case::{Case, Expected, Failure};
use crate::observation::{Observation, Outcome};

/// What a client is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// All that the case says.
    Ours,
    /// What any client must do, whatever its language: an error is its own documented error and tells the status of an answer that
    /// was one; nothing else of it is looked at.
    AnyClients,
}

/// What is wrong, in a few words each. Nothing where all is right.
pub fn complaints(case: &Case, seen: &Observation, standard: Standard) -> Vec<String> {
    let mut complaints = Vec::new();
    outcome(case, seen, standard, &mut complaints);
    if let Some(requests) = case.requests
        && seen.requests != requests
    {
        complaints.push(format!("{} requests, not {requests}", seen.requests));
    }
    if seen.strayed > 0 {
        complaints.push("goes to another host".to_owned());
    }
    // A hang says so already. The time itself is another one in every run.
    if seen.time < case.takes.start {
        complaints.push(format!("does not wait for {} s", case.takes.start.as_secs_f64()));
    } else if seen.time >= case.takes.end && !matches!(seen.outcome, Outcome::Hung) {
        complaints.push(format!("takes longer than {} s", case.takes.end.as_secs_f64()));
    }
    complaints
}

fn outcome(case: &Case, seen: &Observation, standard: Standard, complaints: &mut Vec<String>) {
    if let Outcome::Raised { own: false, kind, .. } = &seen.outcome {
        complaints.push(format!("raises a bare {kind}"));
    }
    if let Outcome::Raised { shows_key: true, .. } = &seen.outcome {
        complaints.push("shows the key".to_owned());
    }
    match (&case.expected, &seen.outcome) {
        (Expected::Returns(expected), Outcome::Returned { value }) => compare(expected, value, complaints),
        (Expected::Streams { deltas, answer }, Outcome::Returned { value }) => {
            same_deltas(deltas, &seen.deltas, complaints);
            compare(&Value::from(answer.as_str()), &value["answer"], complaints);
        }
        (Expected::Fails(failure), Outcome::Raised { .. }) => same_failure(failure, seen, standard, complaints),
        (Expected::BreaksOff { deltas, failure }, Outcome::Raised { .. }) => {
            same_deltas(deltas, &seen.deltas, complaints);
            same_failure(failure, seen, standard, complaints);
        }
        (Expected::StaysOpen, Outcome::StayedOpen) => {}
        (_, Outcome::Returned { value }) => {
            complaints.push(format!("a success, with {}", shortened(&value.to_string())));
        }
        (_, Outcome::EndedQuietly) => complaints.push("the stream ends as if the answer were whole".to_owned()),
        (_, Outcome::EndedTwice) => complaints.push("two last events".to_owned()),
        (_, Outcome::StayedOpen) => complaints.push("the stream stays open".to_owned()),
        (_, Outcome::Hung) => complaints.push(format!("still waiting after {} s", case.takes.end.as_secs_f64())),
        (_, Outcome::Panicked) => complaints.push("panics".to_owned()),
        // What is not the client's own error is named above.
        (_, Outcome::Raised { own: false, .. }) => {}
        (_, Outcome::Raised { kind, text, .. }) => complaints.push(format!("raises {kind}: {}", shortened(text))),
    }
}

/// Every field that is expected is there.
fn compare(expected: &Value, value: &Value, complaints: &mut Vec<String>) {
    if !holds(value, expected) {
        complaints.push(format!("returns {}, not {}", shortened(&value.to_string()), shortened(&expected.to_string())));
    }
}

fn holds(value: &Value, expected: &Value) -> bool {
    match expected {
        // Of a call that answers nothing, nothing is expected.
        Value::Null => true,
        Value::Object(members) => {
            value.is_object() && members.iter().all(|(name, expected)| holds(&value[name], expected))
        }
        Value::Array(elements) => value.as_array().is_some_and(|values| {
            values.len() == elements.len()
                && values.iter().zip(elements).all(|(value, expected)| holds(value, expected))
        }),
        _ => value == expected,
    }
}

fn same_deltas(expected: &[String], deltas: &[String], complaints: &mut Vec<String>) {
    if expected.concat() != deltas.concat() {
        complaints.push(format!(
            "the deltas {}, not {}",
            shortened(&format!("{deltas:?}")),
            shortened(&format!("{expected:?}"))
        ));
    }
}

fn same_failure(expected: &Failure, seen: &Observation, standard: Standard, complaints: &mut Vec<String>) {
    let Outcome::Raised { kind, status, code, attempts, text, .. } = &seen.outcome else { return };
    // Only where the server refused is the status the point, and every client's error has it.
    let tells_status = standard == Standard::Ours || expected.variant == "Api";
    if tells_status && *status != expected.status {
        complaints.push(format!("the status {status:?}, not {:?}", expected.status));
    }
    if standard == Standard::AnyClients {
        return;
    }
    if kind != expected.variant {
        complaints.push(format!("{kind}, not {}: {text}", expected.variant));
    }
    if expected.code.is_some() && code.as_deref() != expected.code {
        complaints.push(format!("the code {code:?}, not {:?}", expected.code));
    }
    if expected.attempts.is_some() && *attempts != expected.attempts {
        complaints.push(format!("{attempts:?} attempts, not {:?}", expected.attempts));
    }
    if !text.contains(expected.says) {
        complaints.push(format!("does not say “{}”: {text}", expected.says));
    }
    if text.contains(['\n', '\r']) || text.chars().count() > 400 {
        complaints.push(format!("not one short line: {text}"));
    }
}

/// The beginning of a long text.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 90;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
