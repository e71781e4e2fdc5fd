//! What a difference between two schemas means. What a request may hold and what an answer may hold are judged the other way
//! round: a server that takes more breaks no caller, a server that sends more does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Mark;
use super::view::{CONTENT, PARTS, composed, escaped, stands_for_another};
use super::wording::{is_wording, same};

/// Where a schema is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Request,
    Answer,
}

/// What a difference does to the values that a schema allows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// More are allowed.
    Wider,
    /// Fewer are allowed.
    Narrower,
    /// Others are, or generated code gets other names or types.
    Other,
    /// The same are, or only ones that callers ignore.
    Harmless,
}

impl Effect {
    fn mark(self, side: Side) -> Mark {
        match (self, side) {
            (Self::Harmless, _) | (Self::Wider, Side::Request) | (Self::Narrower, Side::Answer) => Mark::Compatible,
            _ => Mark::Breaking,
        }
    }
}

/// A difference: where it is below the schema, and what it is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    pub(super) mark: Mark,
    pub(super) subpath: String,
    pub(super) what: String,
}

/// Two versions of a schema in the view, with all that their references lead to.
pub(super) struct Pair<'a> {
    pub(super) views: (&'a Value, &'a Value),
    pub(super) old: &'a Value,
    pub(super) new: &'a Value,
}

/// The differences of these schemas themselves. `drift` goes on into what they have in common.
pub(super) fn judge(pair: &Pair<'_>, side: Side) -> Vec<Finding> {
    let mut judge = Judge { pair, side, findings: Vec::new() };
    let (old_type, new_type) = (type_name(pair.old), type_name(pair.new));
    let elsewhere = stands_for_another(pair.old) || stands_for_another(pair.new);
    if old_type != new_type && !elsewhere {
        judge.add(Effect::Other, format!("the type changed from {old_type} to {new_type}"));
        return judge.findings;
    }
    let keys: BTreeSet<_> =
        [pair.old, pair.new].into_iter().filter_map(Value::as_object).flat_map(|schema| schema.keys()).collect();
    for key in keys {
        // Of a reference, `drift` goes on into what it leads to.
        let own = !elsewhere || matches!(key.as_str(), "nullable" | "default" | "deprecated" | "title");
        if own && pair.old.get(key) != pair.new.get(key) {
            judge.key(key);
        }
    }
    judge.findings
}

/// The type as people call it. The view makes objects of compositions.
fn type_name(schema: &Value) -> &str {
    let mut fields = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
    let composition = fields.find_map(|name| Some(composed(name)?.0));
    composition.or(schema["type"].as_str()).unwrap_or("any")
}

struct Judge<'a> {
    pair: &'a Pair<'a>,
    side: Side,
    findings: Vec<Finding>,
}

impl Judge<'_> {
    fn add(&mut self, effect: Effect, what: String) {
        self.add_at("", effect, what);
    }

    fn add_at(&mut self, subpath: &str, effect: Effect, what: String) {
        self.findings.push(Finding { mark: effect.mark(self.side), subpath: subpath.to_owned(), what });
    }

    fn key(&mut self, key: &str) {
        let (old, new) = (&self.pair.old[key], &self.pair.new[key]);
        match key {
            "properties" => self.properties(),
            "required" => self.required(),
            "enum" => self.values(key, Effect::Wider, "value"),
            "x-extensible-enum" => self.values(key, Effect::Harmless, "value"),
            "x-aliases" => self.values(key, Effect::Harmless, "alias"),
            "additionalProperties" => self.additional_properties(),
            "nullable" => match new.as_bool() {
                Some(true) => self.add(Effect::Wider, "it may be null now".to_owned()),
                _ if old == true => self.add(Effect::Narrower, "it may not be null any more".to_owned()),
                _ => {}
            },
            "maximum" | "maxLength" | "maxItems" | "maxProperties" => self.bound(key, true),
            "minimum" | "minLength" | "minItems" | "minProperties" => self.bound(key, false),
            "exclusiveMaximum" | "exclusiveMinimum" | "uniqueItems" => {
                let effect = if new == true { Effect::Narrower } else { Effect::Wider };
                self.add(effect, changed(key, old, new));
            }
            "pattern" if old.is_null() => self.add(Effect::Narrower, changed(key, old, new)),
            "pattern" if new.is_null() => self.add(Effect::Wider, changed(key, old, new)),
            "default" if self.side == Side::Answer => self.add(Effect::Harmless, changed(key, old, new)),
            "deprecated" => self.add(Effect::Harmless, changed(key, old, new)),
            // A further name for the same value.
            "x-mirror-of" if old.is_null() => self.add(Effect::Harmless, changed(key, old, new)),
            // `drift` goes on into what both have.
            "items" | "not" if !old.is_null() && !new.is_null() => {}
            // `nullable` is judged above.
            "x-nullable" => {}
            _ if is_wording(key) && key != PARTS => {}
            _ => self.add(Effect::Other, changed(key, old, new)),
        }
    }

    fn properties(&mut self) {
        let (old, new) = (&self.pair.old["properties"], &self.pair.new["properties"]);
        let (old_names, new_names) = (keys(old), keys(new));
        for name in old_names.difference(&new_names) {
            let alike = new_names
                .difference(&old_names)
                .filter(|new_name| same((self.pair.views.0, &old[*name]), (self.pair.views.1, &new[**new_name])));
            let hint = match alike.collect::<Vec<_>>()[..] {
                [new_name] => format!("; is `{new_name}` its new name?"),
                _ => String::new(),
            };
            let kind = self.kind(name);
            self.add_at(&subpath(name), Effect::Other, format!("{kind} was removed{hint}"));
        }
        for name in new_names.difference(&old_names) {
            let (kind, effect) = (self.kind(name), self.effect_of_addition(name));
            let required = if list(&self.pair.new["required"]).contains(*name) { " and is required" } else { "" };
            self.add_at(&subpath(name), effect, format!("{kind} was added{required}"));
        }
    }

    /// What a field of the view stands for.
    fn kind(&self, name: &str) -> &'static str {
        let media_types = self.pair.new[PARTS] == CONTENT;
        if media_types {
            "the media type"
        } else if composed(name).is_some() {
            "the alternative"
        } else {
            "the field"
        }
    }

    fn effect_of_addition(&self, name: &str) -> Effect {
        let (old, new) = (self.pair.old, self.pair.new);
        match (composed(name), self.side) {
            // Each of them holds for every value.
            (Some(("allOf", _)), _) => Effect::Other,
            (Some(_), _) => Effect::Wider,
            (None, Side::Request) if list(&new["required"]).contains(name) => Effect::Narrower,
            // The old description promised that there would be no other fields.
            (None, Side::Answer) if old["additionalProperties"] == false => Effect::Wider,
            _ => Effect::Harmless,
        }
    }

    fn required(&mut self) {
        let (old, new) = (list(&self.pair.old["required"]), list(&self.pair.new["required"]));
        // What was added or removed as a whole is a finding of its own.
        let known =
            |name: &str| self.pair.old["properties"][name].is_null() == self.pair.new["properties"][name].is_null();
        let demanded: Vec<_> = new.difference(&old).filter(|name| known(name)).collect();
        let left_out: Vec<_> = old.difference(&new).filter(|name| known(name)).collect();
        for name in demanded {
            self.add_at(&subpath(name), Effect::Narrower, "the field was optional and is required now".to_owned());
        }
        for name in left_out {
            self.add_at(&subpath(name), Effect::Wider, "the field was required and is optional now".to_owned());
        }
    }

    /// A list of values, of which none may go: generated code has a name for each. Whether there is an `enum` decides on its type.
    fn values(&mut self, key: &str, addition: Effect, kind: &str) {
        let (old, new) = (&self.pair.old[key], &self.pair.new[key]);
        if old.is_null() || new.is_null() {
            let effect = if old.is_null() && key != "enum" { addition } else { Effect::Other };
            return self.add(effect, changed(key, old, new));
        }
        let (old, new) = (list(old), list(new));
        for value in old.difference(&new) {
            self.add(Effect::Other, format!("the {kind} `{value}` was removed"));
        }
        for value in new.difference(&old) {
            self.add(addition, format!("the {kind} `{value}` was added"));
        }
    }

    /// A bound from above or from below; none is the widest.
    fn bound(&mut self, key: &str, above: bool) {
        let (old, new) = (&self.pair.old[key], &self.pair.new[key]);
        let none = if above { f64::INFINITY } else { f64::NEG_INFINITY };
        let (from, to) = (old.as_f64().unwrap_or(none), new.as_f64().unwrap_or(none));
        let effect = if (to > from) == above { Effect::Wider } else { Effect::Narrower };
        if from.total_cmp(&to).is_ne() {
            self.add(effect, changed(key, old, new));
        }
    }

    fn additional_properties(&mut self) {
        let (old, new) = (&self.pair.old["additionalProperties"], &self.pair.new["additionalProperties"]);
        let open = |value: &Value| value.is_null() || value == true;
        match (old, new) {
            // `drift` goes on into what both have.
            (Value::Object(_), Value::Object(_)) => {}
            _ if open(old) && open(new) => {}
            _ if old == false => self.add(Effect::Wider, changed("additionalProperties", old, new)),
            _ => self.add(Effect::Other, changed("additionalProperties", old, new)),
        }
    }
}

fn subpath(field: &str) -> String {
    format!("/properties/{}", escaped(field))
}

fn keys(value: &Value) -> BTreeSet<&String> {
    value.as_object().into_iter().flat_map(|fields| fields.keys()).collect()
}

/// The values of a list, as one writes them.
fn list(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What became of a keyword that is there or not.
fn changed(key: &str, old: &Value, new: &Value) -> String {
    match (old, new) {
        (Value::Null, new) => format!("`{key}: {}` was added", text(new)),
        (old, Value::Null) => format!("`{key}: {}` was removed", text(old)),
        _ => format!("`{key}` changed from {} to {}", text(old), text(new)),
    }
}
