//! A spec in which everything that has a name is found by it, so that two specs can be compared member by member.

use serde_json::{Map, Value, json};

use crate::codegen::openapi;

/// What only people read.
pub(super) const DOCUMENTATION: [&str; 7] =
    ["description", "example", "examples", "externalDocs", "info", "links", "summary"];

/// Objects whose keys are names, not keywords.
const NAMES: [&str; 5] = ["content", "headers", "properties", "responses", "securitySchemes"];
/// Lists that become such objects.
const LISTS: [&str; 10] =
    ["allOf", "anyOf", "enum", "oneOf", "parameters", "servers", "tags", "x-aliases", "x-extensible-enum", "x-forms"];

pub(super) fn has_names(key: &str) -> bool {
    NAMES.contains(&key) || LISTS.contains(&key)
}

/// `names`: the keys are names.
pub(super) fn keyed(spec: &Value, value: &Value, names: bool) -> Value {
    let Value::Object(members) = resolved(spec, value) else { return value.clone() };
    let mut result = Map::new();
    for (key, member) in members {
        let member = match member {
            // Any JSON at all.
            _ if !names && DOCUMENTATION.contains(&key.as_str()) => member.clone(),
            Value::Array(list) if !names && LISTS.contains(&key.as_str()) => keyed(spec, &named(spec, list), true),
            _ => keyed(spec, member, !names && has_names(key)),
        };
        result.insert(key.clone(), member);
    }
    if !names {
        simplify(&mut result);
    }
    Value::Object(result)
}

/// What is no schema stands where it is referred to.
pub(super) fn resolved<'a>(spec: &'a Value, value: &'a Value) -> &'a Value {
    if openapi::referenced(value).is_some() { value } else { openapi::resolve(spec, value).unwrap_or(value) }
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(named) => named.keys().cloned().collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// By the name, the title or, where there is neither, the position.
fn named(spec: &Value, list: &[Value]) -> Value {
    let mut named = Map::new();
    for (index, item) in list.iter().enumerate() {
        let own = ["name", "operationId", "title"].iter().find_map(|key| resolved(spec, item)[*key].as_str());
        let name = match openapi::referenced(item).or(own) {
            Some(name) => name.to_owned(),
            None if item.is_object() => index.to_string(),
            None => text(item),
        };
        let name = if named.contains_key(&name) { format!("{name} {index}") } else { name };
        // What is its own name is there, even null.
        named.insert(name, if item.is_object() { item.clone() } else { json!({}) });
    }
    Value::Object(named)
}

fn simplify(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(required)) = schema.get_mut("required").map(Value::take) {
        let properties = schema.entry("properties").or_insert_with(|| json!({}));
        required.iter().filter_map(Value::as_str).for_each(|name| properties[name]["required"] = json!(true));
    }
    // An `allOf` around a reference describes it.
    let wrapped = schema.get("allOf").and_then(Value::as_object).filter(|parts| parts.len() == 1);
    let reference = wrapped.and_then(|parts| parts.values().next()?.get("$ref").cloned());
    if let Some(reference) = reference {
        schema.remove("allOf");
        schema.insert("$ref".to_owned(), reference);
    }
}
