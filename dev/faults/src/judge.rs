//! Whether what was seen is what must be.

use serde_json::Value;

use crate::case::{Case, Expected, Failure};
use crate::observation::{Observation, Outcome};

/// What is wrong, in a few words each. Nothing where all is right.
pub fn complaints(case: &Case, seen: &Observation) -> Vec<String> {
    complaints_but(case, seen, failure_complaints)
}

/// The same, with another judgement of a call that fails where it must: it is told the failure that is expected, and what was seen.
pub fn complaints_but(
    case: &Case,
    seen: &Observation,
    judge_failure: impl Fn(&Failure, &Outcome) -> Vec<String>,
) -> Vec<String> {
    let mut complaints = Vec::new();
    if let Outcome::Raised { own: false, kind, .. } = &seen.outcome {
        complaints.push(format!("raises a bare {kind}"));
    }
    if let Outcome::Raised { shows_key: true, .. } = &seen.outcome {
        complaints.push("shows the key".to_owned());
    }
    match (&case.expected, &seen.outcome) {
        (Expected::Returns(expected), Outcome::Returned { value }) => complaints.extend(difference(expected, value)),
        (Expected::Streams { deltas, answer }, Outcome::Returned { value }) => {
            complaints.extend(other_deltas(deltas, &seen.deltas));
            complaints.extend(difference(&Value::from(answer.as_str()), &value["answer"]));
        }
        (Expected::Fails(failure), Outcome::Raised { .. }) => complaints.extend(judge_failure(failure, &seen.outcome)),
        (Expected::BreaksOff { deltas, failure }, Outcome::Raised { .. }) => {
            complaints.extend(other_deltas(deltas, &seen.deltas));
            complaints.extend(judge_failure(failure, &seen.outcome));
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
    complaints.extend(seen_by_the_server(case, seen));
    complaints
}

/// The requests, the other host that a client must not go to, and the time.
fn seen_by_the_server(case: &Case, seen: &Observation) -> Vec<String> {
    let mut complaints = Vec::new();
    if let Some(requests) = case.requests.filter(|requests| seen.requests != *requests) {
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

/// Whether a field that is expected is missing.
fn difference(expected: &Value, value: &Value) -> Option<String> {
    let text = |value: &Value| shortened(&value.to_string());
    (!holds(value, expected)).then(|| format!("returns {}, not {}", text(value), text(expected)))
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

fn other_deltas(expected: &[String], deltas: &[String]) -> Option<String> {
    let text = |deltas: &[String]| shortened(&format!("{deltas:?}"));
    (expected.concat() != deltas.concat()).then(|| format!("the deltas {}, not {}", text(deltas), text(expected)))
}

fn failure_complaints(expected: &Failure, seen: &Outcome) -> Vec<String> {
    let Outcome::Raised { kind, status, code, attempts, text, .. } = seen else { return Vec::new() };
    let checks = [
        (kind == expected.variant, format!("{kind}, not {}: {text}", expected.variant)),
        (*status == expected.status, format!("the status {status:?}, not {:?}", expected.status)),
        (
            expected.code.is_none() || code.as_deref() == expected.code,
            format!("the code {code:?}, not {:?}", expected.code),
        ),
        (
            expected.attempts.is_none() || *attempts == expected.attempts,
            format!("{attempts:?} attempts, not {:?}", expected.attempts),
        ),
        (text.contains(expected.says), format!("does not say “{}”: {text}", expected.says)),
        (!text.contains(['\n', '\r']) && text.chars().count() <= 400, format!("not one short line: {text}")),
    ];
    checks.into_iter().filter(|(holds, _)| !holds).map(|(_, complaint)| complaint).collect()
}

/// The beginning of a long text.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 90;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
