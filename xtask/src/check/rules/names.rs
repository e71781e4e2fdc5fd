//! Names two of which become one name of Rust.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use lumetra_engram_spec::openapi::{is_open, members, operations, resolve};
use serde_json::Value;

use crate::check::document::{Document, Found};

/// Properties of a schema, and parameters of an operation, are fields and arguments side by side.
pub(crate) fn collision<'a>(document: &Document<'a>) -> Found<'a> {
    let mut found = Vec::new();
    for schema in &document.schemas {
        let further = is_open(schema).then_some(("extra", *schema));
        collisions(further.into_iter().chain(members(&schema["properties"])), &mut found);
    }
    for operation in operations(document.root) {
        let body = operation.value.get("requestBody").map(|body| ("body", body));
        let parameters = operation.parameters().filter_map(|parameter| resolve(document.root, parameter));
        let named = parameters.filter_map(|parameter| Some((parameter["name"].as_str()?, parameter)));
        collisions(body.into_iter().chain(named), &mut found);
    }
    found
}

fn collisions<'a>(names: impl Iterator<Item = (&'a str, &'a Value)>, found: &mut Found<'a>) {
    let mut taken = BTreeMap::new();
    for (name, at) in names {
        if let Some(other) = taken.insert(name.to_snake_case(), name) {
            found.push((at, format!("`{name}` and `{other}` have one name in Rust: rename one of them")));
        }
    }
}
