//! The rules that only this project knows: what progenitor refuses, panics at or silently makes something else of, its own extensions,
//! rustdoc, and examples without a misspelt name. The other rules are Redocly's: see redocly.yaml. Each is proved by the fixtures in
//! xtask/check/fixtures that name it.

mod examples;
mod extensions;
mod names;
mod operations;
mod responses;
mod rustdoc;
mod types;
mod words;

use anyhow::Result;
use lumetra_engram_spec::walk;

use super::document::{Document, Found, Parsed};

/// A rule: the name that its messages and its fixtures have, and what looks for its fault.
pub(crate) type Rule = (&'static str, for<'a> fn(&Document<'a>) -> Found<'a>);

pub(crate) const RULES: &[Rule] = &[
    ("ambiguous-boolean", words::ambiguous_boolean),
    ("derived-operation-id", operations::derived_id),
    ("different-answers", operations::different_schemas),
    ("links", operations::links),
    ("strict-response", responses::strict),
    ("bare-or-wrapped", responses::bare_or_wrapped),
    ("shared-type", types::shared),
    ("inline-object", types::inline_object),
    ("inline-extensible-enum", types::inline_enum),
    ("name-collision", names::collision),
    ("unknown-extension", extensions::unknown),
    ("forms", extensions::forms),
    ("mirror", extensions::mirror),
    ("alias", extensions::alias),
    ("rustdoc", rustdoc::rustdoc),
    ("example", examples::valid),
];

/// What a rule has found.
#[derive(Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) rule: &'static str,
    pub(crate) pointer: String,
    pub(crate) message: String,
}

/// What the rules of this project say of a spec.
pub(crate) fn problems(text: &str) -> Result<Vec<Problem>> {
    let parsed = Parsed::read(text)?;
    let document = parsed.document();
    let mut problems = Vec::new();
    for (rule, check) in RULES {
        problems.extend(check(&document).into_iter().map(|(at, message)| {
            let pointer = walk::pointer(document.root, at).unwrap_or_default();
            Problem { rule, pointer, message }
        }));
    }
    // What is referred to several times is found as often.
    problems.sort_by(|one, other| (&one.pointer, one.rule).cmp(&(&other.pointer, other.rule)));
    problems.dedup();
    Ok(problems)
}
