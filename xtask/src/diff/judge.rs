//! What a difference means to callers. Where no rule says otherwise, it breaks them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::keyed::{DOCUMENTATION, has_names, text};
use super::kind::{Kind, Side};
use super::report::Changes;
use crate::codegen::openapi::{elements, members};

/// Compares what is on one side of some operations.
pub(super) struct Judge<'a> {
    pub(super) side: Side,
    /// The side in words, where the place doesn't say it.
    pub(super) context: &'a str,
    pub(super) operations: &'a BTreeSet<String>,
    pub(super) changes: &'a mut Changes,
}

impl Judge<'_> {
    /// Compares two objects member by member. `names` is what the keys are names of, if they aren't keywords.
    pub(super) fn compare(&mut self, place: &str, names: Option<&str>, old: &Value, new: &Value) {
        let keys: BTreeSet<_> = members(old).chain(members(new)).map(|(key, _)| key).collect();
        for key in keys.into_iter().filter(|key| old[*key] != new[*key]) {
            let (before, after) = (&old[key], &new[key]);
            let inner = match key {
                "content" | "properties" | "schema" if names.is_none() => place.to_owned(),
                _ => format!("{place}.{key}"),
            };
            // A choice where there was none is a restriction.
            let restricts = before.is_null() && (key == "enum" || key.ends_with("Of"));
            match names {
                Some(names) if before.is_null() || after.is_null() => self.member(&inner, names, before, after),
                None if DOCUMENTATION.contains(&key) => {
                    self.add(Kind::Documentation, place, format!("`{key}` changed"))
                }
                None if has_names(key) && !restricts => {
                    let closed = key == "properties" && old["additionalProperties"] == false;
                    self.compare(&inner, Some(if closed { "closed properties" } else { key }), before, after);
                }
                _ if before.is_object() && after.is_object() => self.compare(&inner, None, before, after),
                _ => self.keyword(place, key, before, after),
            }
        }
    }

    /// Something with a name came or went.
    fn member(&mut self, place: &str, names: &str, old: &Value, new: &Value) {
        let required = new["required"] == true;
        let kind = match names {
            // Judged by `drift`.
            "parameters" | "responses" => return,
            _ if new.is_null() => Kind::Breaking,
            _ if required && self.side == Side::Request => Kind::Breaking,
            // Each of them holds for every value.
            "allOf" => Kind::Breaking,
            "anyOf" | "closed properties" | "enum" | "oneOf" => self.wider(),
            _ => Kind::Additive,
        };
        let what = match (old, required) {
            (Value::Null, true) => "was added and is required",
            (Value::Null, false) => "was added",
            _ => "was removed",
        };
        self.add(kind, place, what.to_owned());
    }

    fn keyword(&mut self, place: &str, key: &str, old: &Value, new: &Value) {
        let kind = match key {
            // Judged by `drift`.
            "requestBody" => return,
            "deprecated" => Kind::Additive,
            // A further name for the same value.
            "x-mirror-of" if old.is_null() => Kind::Additive,
            "order of parameters" if common(old, new) == common(new, old) => return,
            "nullable" | "required" if (key == "nullable") == (new == true) => self.wider(),
            "nullable" | "required" => self.narrower(),
            _ if key.starts_with("max") => self.bound(old, new, 1.0),
            _ if key.starts_with("min") => self.bound(old, new, -1.0),
            _ => Kind::Breaking,
        };
        let what = match (old, new) {
            (Value::Null, new) => format!("`{key}: {}` was added", text(new)),
            (old, Value::Null) => format!("`{key}: {}` was removed", text(old)),
            _ => format!("`{key}` changed from {} to {}", text(old), text(new)),
        };
        self.add(kind, place, what);
    }

    /// A bound from above or, negated, from below; none is the widest.
    fn bound(&self, old: &Value, new: &Value, sign: f64) -> Kind {
        let width = |bound: &Value| bound.as_f64().map_or(f64::INFINITY, |bound| sign * bound);
        if width(new) > width(old) { self.wider() } else { self.narrower() }
    }

    /// More values are allowed.
    fn wider(&self) -> Kind {
        if self.side == Side::Request { Kind::Additive } else { Kind::Breaking }
    }

    /// Fewer values are allowed.
    fn narrower(&self) -> Kind {
        if self.side == Side::Request { Kind::Breaking } else { Kind::Additive }
    }

    fn add(&mut self, kind: Kind, place: &str, what: String) {
        let context = if kind == Kind::Documentation { "" } else { self.context };
        self.changes.add(kind, place, format!("{what}{context}"), self.operations.iter().cloned());
    }
}

/// What both lists have, in the order of the first.
fn common<'a>(these: &'a Value, those: &Value) -> Vec<&'a Value> {
    elements(these).filter(|value| elements(those).any(|other| other == *value)).collect()
}
