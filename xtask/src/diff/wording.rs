//! How many texts changed that only people read, and whether anything else did. This goes through both descriptions on its own, so
//! that "no changes" does not rest on the judgement of the others.

use std::collections::BTreeSet;

use serde_json::Value;

use super::view::{WRAPPER, wrapped};
use crate::codegen::openapi;

/// What programs do not read.
const WORDING: [&str; 7] = ["description", "example", "examples", "externalDocs", "info", "links", "summary"];
/// Extensions that change what is generated. All others are safe to ignore.
const EXTENSIONS: [&str; 4] = ["x-aliases", "x-extensible-enum", "x-forms", "x-mirror-of"];

/// Lists whose order says nothing.
const UNORDERED: [&str; 8] =
    ["allOf", "anyOf", "enum", "oneOf", "required", "security", "x-aliases", "x-extensible-enum"];
/// Objects whose keys are names, not keywords.
const MAPS: [&str; 5] = ["content", "headers", "paths", "properties", "responses"];

/// How many differences there are.
#[derive(Default)]
pub(super) struct Differences {
    pub(super) wording: usize,
    pub(super) other: usize,
}

pub(super) fn is_wording(key: &str) -> bool {
    WORDING.contains(&key) || (key.starts_with("x-") && !EXTENSIONS.contains(&key))
}

/// Compares what the operations of two descriptions reach.
pub(super) fn differences(old: &Value, new: &Value) -> Differences {
    let mut walk = Walk { old, new, seen: BTreeSet::new(), found: Differences::default() };
    for key in ["info", "openapi", "tags"] {
        walk.found.wording += usize::from(without_version(&old[key]) != without_version(&new[key]));
    }
    for key in ["paths", "security", "servers"] {
        walk.field(key, old, new, false);
    }
    walk.compare(&old["components"]["securitySchemes"], &new["components"]["securitySchemes"], true);
    walk.found
}

/// Whether two parts of the descriptions say the same to programs.
pub(super) fn same(old: (&Value, &Value), new: (&Value, &Value)) -> bool {
    let mut walk = Walk { old: old.0, new: new.0, seen: BTreeSet::new(), found: Differences::default() };
    walk.compare(old.1, new.1, false);
    walk.found.other == 0
}

fn without_version(value: &Value) -> Value {
    let mut value = value.clone();
    value.as_object_mut().map(|info| info.remove("version"));
    value
}

/// Follows the references of a value, and returns the last one. A wrapper that only describes what it refers to is one too.
pub(super) fn resolve<'a>(spec: &'a Value, mut value: &'a Value) -> (&'a Value, Option<&'a str>) {
    let mut last = None;
    loop {
        if let Some(reference) = value["$ref"].as_str() {
            let Some(target) = openapi::target(spec, reference) else { break };
            (value, last) = (target, Some(reference));
        } else if let Some(fields) = value.as_object()
            && let Some(schema) = wrapped(fields)
            && fields.keys().all(|key| key == WRAPPER || is_wording(key))
        {
            value = schema;
        } else {
            break;
        }
    }
    (value, last)
}

struct Walk<'a> {
    old: &'a Value,
    new: &'a Value,
    seen: BTreeSet<(&'a str, &'a str)>,
    found: Differences,
}

impl<'a> Walk<'a> {
    /// `names`: the keys of these objects are names, and none of them is a keyword.
    fn compare(&mut self, old: &'a Value, new: &'a Value, names: bool) {
        let ((old, old_reference), (new, new_reference)) = (resolve(self.old, old), resolve(self.new, new));
        if let (Some(old), Some(new)) = (old_reference, new_reference)
            && !self.seen.insert((old, new))
        {
            return;
        }
        match (old, new) {
            (Value::Object(old_fields), Value::Object(new_fields)) => {
                let keys: BTreeSet<_> = old_fields.keys().chain(new_fields.keys()).collect();
                keys.into_iter().for_each(|key| self.field(key, old, new, names));
            }
            (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
                old.iter().zip(new).for_each(|(old, new)| self.compare(old, new, false));
            }
            _ => self.found.other += usize::from(old != new),
        }
    }

    fn field(&mut self, key: &str, old: &'a Value, new: &'a Value, names: bool) {
        let (old, new) = (old.get(key), new.get(key));
        let wording = !names && is_wording(key);
        match (old, new) {
            (Some(old), Some(new)) if wording => self.found.wording += usize::from(old != new),
            (Some(Value::Array(old)), Some(Value::Array(new))) if !names && UNORDERED.contains(&key) => {
                let (old, new) = (sorted(old), sorted(new));
                self.found.other += old.len().abs_diff(new.len());
                old.into_iter().zip(new).for_each(|(old, new)| self.compare(old, new, false));
            }
            (Some(old), Some(new)) => self.compare(old, new, !names && MAPS.contains(&key)),
            (None, None) => {}
            _ if wording => self.found.wording += 1,
            _ => self.found.other += 1,
        }
    }
}

fn sorted(list: &[Value]) -> Vec<&Value> {
    let mut list: Vec<&Value> = list.iter().collect();
    list.sort_by_key(|value| value.to_string());
    list
}
