//! Finds schemas and examples, wherever they are written in a document.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::mismatch::child;
use crate::openapi::{components, elements, members, reach, target};

/// The schema and those written in it. References are not followed.
#[must_use]
pub fn within(schema: &Value) -> Vec<&Value> {
    let single = ["items", "additionalProperties", "not"].into_iter().map(|name| &schema[name]);
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|name| elements(&schema[name]));
    let properties = members(&schema["properties"]).map(|(_, property)| property);
    let parts = properties.chain(single).chain(lists).filter(|part| part.is_object());
    std::iter::once(schema).chain(parts.flat_map(within)).collect()
}

/// These schemas and all that they are made of. References are followed.
#[must_use]
pub fn used<'a>(document: &'a Value, schemas: &[&'a Value]) -> Vec<&'a Value> {
    let mut reached = BTreeSet::new();
    schemas.iter().for_each(|schema| reach(document, schema, &mut reached));
    let named = reached.into_iter().filter_map(|reference| target(document, reference));
    schemas.iter().copied().chain(named).flat_map(within).collect()
}

/// All schemas.
#[must_use]
pub fn schemas(document: &Value) -> Vec<&Value> {
    let carried = carriers(document).into_iter().map(|carrier| &carrier["schema"]);
    carried.chain(components(document).map(|(_, schema)| schema)).flat_map(within).collect()
}

/// All examples, each with its schema.
#[must_use]
pub fn examples(document: &Value) -> Vec<(&Value, &Value)> {
    let beside = carriers(document).into_iter();
    let beside = beside.flat_map(|carrier| shown(carrier).map(|example| (&carrier["schema"], example)));
    let inside = schemas(document).into_iter().filter_map(|schema| Some((schema, schema.get("example")?)));
    beside.chain(inside).collect()
}

/// The examples beside a schema: of a parameter, a header, or a body in a media type.
pub fn shown(carrier: &Value) -> impl Iterator<Item = &Value> {
    let named = members(&carrier["examples"]).map(|(_, example)| &example["value"]);
    named.chain(carrier.get("example"))
}

/// Everything that has a schema: parameters, headers, and bodies in a media type.
fn carriers(value: &Value) -> Vec<&Value> {
    let is_carrier = value["schema"].is_object();
    let inner = members(value).filter(|(name, _)| !matches!(*name, "example" | "examples" | "schemas"));
    let inner = inner.map(|(_, member)| member).chain(elements(value)).flat_map(carriers);
    is_carrier.then_some(value).into_iter().chain(inner).collect()
}

/// Where a value of the document is in it, as a JSON Pointer.
#[must_use]
pub fn pointer(document: &Value, value: &Value) -> Option<String> {
    fn find(within: &Value, value: &Value, path: String) -> Option<String> {
        if std::ptr::eq(within, value) {
            return Some(path);
        }
        let in_members = members(within).find_map(|(name, member)| find(member, value, child(&path, name)));
        in_members.or_else(|| {
            elements(within).enumerate().find_map(|(at, element)| find(element, value, format!("{path}/{at}")))
        })
    }
    find(document, value, String::new())
}
