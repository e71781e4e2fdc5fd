//! What `drift` doesn't look at, or can't judge: schemas, names, security, headers, documentation, extensions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::judge::Judge;
use super::keyed::{keyed, resolved};
use super::kind::{Kind, Side};
use super::report::Changes;
use super::structure::id;
use crate::codegen::openapi::{self, METHODS, components, members};

/// The operations by method and path: their names, and their two parts.
type Operations<'a> = BTreeMap<(&'a str, &'a str), (String, Value)>;

/// The part of an operation that is on each side, and the side in words.
const SIDES: [(Side, &str, &str); 2] =
    [(Side::Request, "operation", " in requests"), (Side::Response, "responses", " in responses")];

pub(super) fn compare(old: &Value, new: &Value, changes: &mut Changes) {
    let (old_operations, new_operations) = (operations(old), operations(new));
    for (route, (id, new)) in &new_operations {
        let Some((_, old)) = old_operations.get(route) else { continue };
        let operations = &BTreeSet::from([id.clone()]);
        for (side, part, _) in SIDES {
            let names = (side == Side::Response).then_some(part);
            Judge { side, context: "", operations, changes }.compare(part, names, &old[part], &new[part]);
        }
    }
    schemas([(old, &old_operations), (new, &new_operations)], changes);
    let operations = &BTreeSet::new();
    Judge { side: Side::Request, context: "", operations, changes }.compare("spec", None, &rest(old), &rest(new));
}

/// Named schemas, which are the types of SDKs.
fn schemas(specs: [(&Value, &Operations<'_>); 2], changes: &mut Changes) {
    let callers = SIDES.map(|(_, part, _)| callers(specs, part));
    let names: BTreeSet<_> = specs.iter().flat_map(|(spec, _)| components(spec)).map(|(name, _)| name).collect();
    for name in names {
        let [old, new] = specs.map(|(spec, _)| keyed(spec, openapi::component(spec, name), false));
        if old.is_null() || new.is_null() {
            let (kind, what) = if old.is_null() { (Kind::Additive, "added") } else { (Kind::Breaking, "removed") };
            changes.add(kind, name, format!("the type was {what}"), None);
            continue;
        }
        let unused = callers.iter().all(|callers| !callers.contains_key(name));
        for ((side, _, context), callers) in SIDES.iter().zip(&callers) {
            if let Some(operations) = callers.get(name).or(unused.then_some(&BTreeSet::new())) {
                Judge { side: *side, context, operations, changes }.compare(name, None, &old, &new);
            }
        }
    }
}

/// The operations that lead to each named schema from this part.
fn callers(specs: [(&Value, &Operations<'_>); 2], part: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut callers: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (spec, operations) in specs {
        for (id, operation) in operations.values() {
            let mut reached = BTreeSet::new();
            openapi::reach(spec, &operation[part], &mut reached);
            // A reference may lead into a schema.
            let names =
                reached.into_iter().filter_map(|reference| openapi::component_name(reference)?.split('/').next());
            for name in names {
                callers.entry(name.to_owned()).or_default().insert(id.clone());
            }
        }
    }
    callers
}

fn operations(spec: &Value) -> Operations<'_> {
    let operations = openapi::operations(spec);
    operations
        .map(|operation| ((operation.path, operation.method), (id(&operation), parts(spec, &operation))))
        .collect()
}

fn parts(spec: &Value, operation: &openapi::Operation<'_>) -> Value {
    // `drift` judges whether parameters and bodies are required.
    let judged = |value| Value::Object(without(resolved(spec, value), &["required"]));
    let mut request = without(operation.item, &METHODS);
    request.extend(without(operation.value, &["requestBody", "responses"]));
    request.extend(operation.value.get("requestBody").map(|body| ("requestBody".to_owned(), judged(body))));
    request.insert("parameters".to_owned(), operation.parameters().map(judged).collect());
    let security = operation.value.get("security").unwrap_or(&spec["security"]);
    request.insert("security".to_owned(), security.clone());
    // Some SDKs have a class for the first tag, and take parameters by position.
    request.insert("first tag".to_owned(), operation.value["tags"][0].clone());
    let names = operation.parameters().map(|parameter| resolved(spec, parameter)["name"].clone());
    request.insert("order of parameters".to_owned(), names.collect());
    let responses = keyed(spec, &operation.value["responses"], true);
    json!({ "operation": keyed(spec, &Value::Object(request), false), "responses": responses })
}

/// What belongs to no operation and no schema.
fn rest(spec: &Value) -> Value {
    let mut rest = without(spec, &["components", "paths", "security", "tags"]);
    rest.insert("info".to_owned(), json!([without(&spec["info"], &["version"]), spec["tags"]]));
    let elsewhere = ["headers", "parameters", "requestBodies", "responses", "schemas"];
    rest.extend(without(&spec["components"], &elsewhere));
    keyed(spec, &Value::Object(rest), false)
}

fn without(value: &Value, keys: &[&str]) -> Map<String, Value> {
    let kept = members(value).filter(|(key, _)| !keys.contains(key));
    kept.map(|(key, value)| (key.to_owned(), value.clone())).collect()
}
