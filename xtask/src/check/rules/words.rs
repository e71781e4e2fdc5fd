//! Words such as `off` are booleans for some readers of YAML, the generator's among them, and texts for others.

use serde_json::Value;

use crate::check::document::{Document, Found};

pub(crate) fn ambiguous_boolean<'a>(document: &Document<'a>) -> Found<'a> {
    let mut found = Vec::new();
    compare(document.root, document.strict, &mut found);
    found
}

fn compare<'a>(value: &'a Value, strict: &Value, found: &mut Found<'a>) {
    match (value, strict) {
        (Value::Object(members), _) => {
            members.iter().for_each(|(name, member)| compare(member, &strict[name], found));
        }
        (Value::Array(elements), _) => {
            elements.iter().enumerate().for_each(|(at, element)| compare(element, &strict[at], found));
        }
        (Value::Bool(_), Value::String(word)) => found.push((
            value,
            format!("some readers of YAML take `{word}` for a text, others for true or false: put a text in quotes"),
        )),
        _ => {}
    }
}
