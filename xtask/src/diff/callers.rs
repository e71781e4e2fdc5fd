//! Which operations a part of the description reaches callers through. `drift` says so of schemas, but not of all else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::operations::{Operation, all};
use crate::codegen::openapi;

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
        let mut reached = BTreeSet::new();
        for part in operation.parts() {
            openapi::reach(spec, part, &mut reached);
        }
        let reached = reached.into_iter().map(str::to_owned);
        for pointer in reached.chain([operation.pointer(), operation.item_pointer()]) {
            callers.entry(pointer).or_default().insert(Operation::id(operation).to_owned());
        }
    }
    callers
}
