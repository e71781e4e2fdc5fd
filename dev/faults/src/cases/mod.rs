//! The cases, by what they are about.

mod answers;
mod arguments;
mod bodies;
mod common;
mod connections;
mod heads;
mod redirects;
mod refusals;
mod retry_after;
mod several;
mod streams;

use crate::case::Case;

/// All cases, in the order of the table.
pub fn all() -> Vec<Case> {
    [
        group("connection", connections::cases()),
        group("head of the answer", heads::cases()),
        group("body of the answer", bodies::cases()),
        group("content of the answer", answers::cases()),
        group("refusal", refusals::cases()),
        group("redirect", redirects::cases()),
        group("Retry-After", retry_after::cases()),
        group("stream", streams::cases()),
        group("several requests", several::cases()),
        group("argument", arguments::cases()),
    ]
    .concat()
}

fn group(group: &'static str, cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().map(|case| Case { group, ..case }).collect()
}
