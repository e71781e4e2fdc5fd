//! Which operations a part of the description reaches callers through. `drift` says so of schemas, but not of all else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::operations::{Operation, all};
use super::wording::resolve;

/// The operations of two descriptions that lead to each component, and each operation itself.
pub(super) struct Callers {
    new: BTreeMap<String, BTreeSet<String>>,
    old: BTreeMap<String, BTreeSet<String>>,
}

impl Callers {
    pub(super) fn new(old: &Value, new: &Value) -> Self {
        Self { new: callers(new), old: callers(old) }
    }

    /// The operations that lead to the part of the new description or, where there is none, of the old one.
    pub(super) fn of(&self, new: &str, old: &str) -> BTreeSet<String> {
        self.new.get(new).or(self.old.get(old)).cloned().unwrap_or_default()
    }
}

fn callers(spec: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut callers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in all(spec).values() {
        let mut reached = BTreeSet::from([operation.pointer(), operation.item_pointer()]);
        for part in operation.parts() {
            reach(spec, part, &mut reached);
        }
        for pointer in reached {
            callers.entry(pointer).or_default().insert(Operation::id(operation).to_owned());
        }
    }
    callers
}

/// Adds the references in the value, and those that they lead to.
fn reach(spec: &Value, value: &Value, reached: &mut BTreeSet<String>) {
    if let Some(reference) = value["$ref"].as_str() {
        if reached.insert(reference.to_owned()) {
            reach(spec, resolve(spec, value).0, reached);
        }
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| reach(spec, item, reached)),
        Value::Object(fields) => fields.values().for_each(|field| reach(spec, field, reached)),
        _ => {}
    }
}
