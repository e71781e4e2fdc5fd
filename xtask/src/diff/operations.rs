//! What `drift` does not look at, and a caller of a generated SDK is hurt by: names of methods, classes, arguments and types, how
//! parameters are written, headers of answers, security and servers.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use serde_json::Value;

use super::view::{escaped, place};
use super::wording::{is_wording, resolve, same};
use super::{Change, Mark};
use crate::codegen::openapi;

/// How a parameter's value is written into the request.
const STYLE: [&str; 4] = ["allowEmptyValue", "allowReserved", "explode", "style"];
/// What is compared here or by `drift`.
const JUDGED: [&str; 8] =
    ["deprecated", "operationId", "parameters", "requestBody", "responses", "security", "tags", "x-forms"];

/// An operation, and what is around it.
pub(super) struct Operation<'a> {
    spec: &'a Value,
    path: &'a str,
    method: &'a str,
    value: &'a Value,
    written: openapi::Operation<'a>,
}

/// All operations, by method and path. The names of a path's parameters do not tell paths apart.
pub(super) fn all(spec: &Value) -> BTreeMap<(&str, String), Operation<'_>> {
    let operations = openapi::operations(spec).map(|written| {
        let openapi::Operation { path, method, value, .. } = written;
        Operation { spec, path, method, value, written }
    });
    operations.map(|operation| ((operation.method, operation.route()), operation)).collect()
}

pub(super) fn changes(old: &Value, new: &Value) -> BTreeSet<Change> {
    let new_operations = all(new);
    let mut changes = BTreeSet::new();
    for (key, operation) in all(old) {
        if let Some(new_operation) = new_operations.get(&key) {
            Both { old: &operation, new: new_operation, changes: &mut changes }.compare();
        }
    }
    security_schemes(old, new, &mut changes);
    servers(old, new, &mut changes);
    types(old, new, &mut changes);
    changes
}

impl<'a> Operation<'a> {
    /// `drift` panics where the path and the declared parameters do not fit each other.
    pub(super) fn ensure_path_parameters(&self) -> Result<()> {
        let in_path: BTreeSet<_> = self.path_parameters().into_iter().collect();
        let parameters = self.parameters().into_iter().map(|(key, _)| key);
        let declared: BTreeSet<_> =
            parameters.filter(|(location, _)| *location == "path").map(|(_, name)| name).collect();
        ensure!(
            self.path.matches('{').count() == in_path.len() && in_path == declared,
            "not a valid description: {} {} has parameters {in_path:?} in its path and declares {declared:?}",
            self.method,
            self.path
        );
        Ok(())
    }

    pub(super) fn item_pointer(&self) -> String {
        format!("#/paths/{}", escaped(self.path))
    }

    pub(super) fn pointer(&self) -> String {
        format!("{}/{}", self.item_pointer(), self.method)
    }

    /// What belongs to the operation.
    pub(super) fn parts(&self) -> [&'a Value; 2] {
        [&self.written.item["parameters"], self.value]
    }

    fn route(&self) -> String {
        self.path_parameters()
            .iter()
            .fold(self.path.to_owned(), |path, name| path.replace(&format!("{{{name}}}"), "{}"))
    }

    fn path_parameters(&self) -> Vec<&'a str> {
        self.path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    /// The parameters in their order, by location and name.
    fn parameters(&self) -> Vec<((&'a str, &'a str), &'a Value)> {
        let parameters = self.written.parameters().map(|parameter| resolve(self.spec, parameter).0);
        parameters.filter_map(|value| Some(((value["in"].as_str()?, value["name"].as_str()?), value))).collect()
    }

    /// The headers that are declared for each status.
    fn headers(&self) -> BTreeMap<(&'a str, &'a str), &'a Value> {
        let responses = self.value["responses"].as_object().into_iter().flatten();
        let headers = responses.flat_map(|(status, response)| {
            let headers = resolve(self.spec, response).0["headers"].as_object().into_iter().flatten();
            headers.map(|(name, header)| ((status.as_str(), name.as_str()), header))
        });
        headers.collect()
    }

    /// Where the answer with this status is described, which several operations may share.
    fn response_pointer(&self, status: &str) -> String {
        let shared = resolve(self.spec, &self.value["responses"][status]).1;
        shared.map_or_else(|| format!("{}/responses/{status}", self.pointer()), str::to_owned)
    }

    /// What callers may identify themselves with, each way by the names of its schemes.
    fn security(&self) -> BTreeSet<String> {
        let security = self.value.get("security").or(self.spec.get("security"));
        let schemes = |way: &Value| {
            let schemes = way.as_object().into_iter().flatten().map(|(name, scopes)| match scopes.as_array() {
                Some(scopes) if !scopes.is_empty() => format!("{name} {}", Value::from(scopes.clone())),
                _ => name.clone(),
            });
            schemes.collect::<Vec<_>>().join(" with ")
        };
        security.and_then(Value::as_array).into_iter().flatten().map(schemes).collect()
    }

    pub(super) fn id(&self) -> &'a str {
        self.written.id().unwrap_or("an operation without id")
    }

    fn tags(&self) -> Vec<&'a str> {
        self.value["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The calls that one route is split into.
    fn forms(&self) -> BTreeMap<&'a str, &'a Value> {
        let forms = self.value["x-forms"].as_array().into_iter().flatten();
        forms.filter_map(|form| Some((form["operationId"].as_str()?, form))).collect()
    }
}

/// An operation before and after.
struct Both<'a> {
    old: &'a Operation<'a>,
    new: &'a Operation<'a>,
    changes: &'a mut BTreeSet<Change>,
}

impl Both<'_> {
    fn compare(&mut self) {
        let (old, new) = (self.old, self.new);
        if old.id() != new.id() {
            let what = format!("the operation {} was renamed to {}, and so are methods of SDKs", old.id(), new.id());
            self.add(Mark::Breaking, "/operationId", what);
        }
        self.tags();
        self.arguments();
        self.headers();
        self.forms();
        if old.value["deprecated"] != new.value["deprecated"] {
            let what = if new.value["deprecated"] == true { "is deprecated now" } else { "is not deprecated any more" };
            self.add(Mark::Compatible, "", what.to_owned());
        }
        self.security();
        self.rest();
    }

    /// Whoever is let in stays so where a way is added, or none is asked for any more.
    fn security(&mut self) {
        let (old, new) = (self.old.security(), self.new.security());
        if old != new {
            let open = |ways: &BTreeSet<String>| ways.is_empty() || ways.contains("");
            let kept = open(&new) || (!open(&old) && new.is_superset(&old));
            let ways = |ways: &BTreeSet<String>| {
                if open(ways) { "none".to_owned() } else { ways.iter().cloned().collect::<Vec<_>>().join(" or ") }
            };
            let mark = if kept { Mark::Compatible } else { Mark::Breaking };
            let own = [self.old, self.new].iter().any(|operation| operation.value.get("security").is_some());
            let pointer = if own { format!("{}/security", self.new.pointer()) } else { "#/security".to_owned() };
            self.add_at(mark, &pointer, format!("changed from {} to {}", ways(&old), ways(&new)));
        }
    }

    /// Some generators make a class of each tag, many of the first one only.
    fn tags(&mut self) {
        let (old, new) = (self.old.tags(), self.new.tags());
        if old != new {
            let kept = old.first() == new.first() && old.iter().all(|tag| new.contains(tag));
            let mark = if kept { Mark::Compatible } else { Mark::Breaking };
            self.add(mark, "/tags", format!("changed from {old:?} to {new:?}, and so do classes of SDKs"));
        }
    }

    fn arguments(&mut self) {
        for (old, new) in self.old.path_parameters().into_iter().zip(self.new.path_parameters()) {
            if old != new {
                let what = format!("the parameter {old} was renamed to {new}, and so are arguments of SDKs");
                self.add_at(Mark::Breaking, &self.new.item_pointer(), what);
            }
        }
        let (old_parameters, new_parameters) = (self.old.parameters(), self.new.parameters());
        let names = |these: &[((&str, &str), _)], those: &[((&str, &str), _)]| -> Vec<String> {
            let common = these.iter().filter(|(key, _)| those.iter().any(|(other, _)| key == other));
            common.map(|(key, _)| key.1.to_owned()).collect()
        };
        let (old_order, new_order) = (names(&old_parameters, &new_parameters), names(&new_parameters, &old_parameters));
        if old_order != new_order {
            let what = format!("the order changed from {old_order:?} to {new_order:?}, and so may arguments of SDKs");
            self.add(Mark::Breaking, "/parameters", what);
        }
        for (key, old) in old_parameters {
            let Some((_, new)) = new_parameters.iter().find(|(other, _)| *other == key) else { continue };
            let name = key.1;
            if STYLE.iter().any(|key| old[*key] != new[*key]) {
                self.add(Mark::Breaking, "/parameters", format!("the parameter {name} is written in another way"));
            }
            if old["deprecated"] != new["deprecated"] {
                self.add(Mark::Compatible, "/parameters", format!("`deprecated` of the parameter {name} changed"));
            }
        }
    }

    /// Headers of answers. Those of a status that came or went say nothing new.
    fn headers(&mut self) {
        let (old, new) = (self.old.headers(), self.new.headers());
        let status_in = |operation: &Operation<'_>, status: &str| operation.value["responses"].get(status).is_some();
        for ((status, name), header) in &old {
            match new.get(&(*status, *name)) {
                Some(after) if !same((self.old.spec, header), (self.new.spec, after)) => {
                    self.add_at(
                        Mark::Breaking,
                        &self.new.response_pointer(status),
                        format!("the header {name} changed"),
                    );
                }
                None if status_in(self.new, status) => {
                    let what = format!("the header {name} was removed");
                    self.add_at(Mark::Breaking, &self.new.response_pointer(status), what);
                }
                _ => {}
            }
        }
        for (status, name) in new.keys().filter(|key| !old.contains_key(*key)) {
            if status_in(self.old, status) {
                let what = format!("the header {name} was added");
                self.add_at(Mark::Compatible, &self.new.response_pointer(status), what);
            }
        }
    }

    fn forms(&mut self) {
        let (old, new) = (self.old.forms(), self.new.forms());
        for (id, form) in &old {
            match new.get(id) {
                None => self.add(Mark::Breaking, "/x-forms", format!("the form {id} was removed")),
                Some(after) if !same((self.old.spec, form), (self.new.spec, after)) => {
                    self.add(Mark::Breaking, "/x-forms", format!("the form {id} changed"));
                }
                Some(_) => {}
            }
        }
        for id in new.keys().filter(|id| !old.contains_key(*id)) {
            self.add(Mark::Compatible, "/x-forms", format!("the form {id} was added"));
        }
    }

    /// What nothing else compares, such as callbacks.
    fn rest(&mut self) {
        let fields = [self.old.value, self.new.value].into_iter().filter_map(Value::as_object);
        let keys: BTreeSet<_> = fields.flat_map(|fields| fields.keys()).collect();
        for key in keys {
            let judged = JUDGED.contains(&key.as_str()) || is_wording(key);
            if !judged && !same((self.old.spec, &self.old.value[key]), (self.new.spec, &self.new.value[key])) {
                let what = "changed: compare by hand, this task cannot judge it".to_owned();
                self.add(Mark::Breaking, &format!("/{key}"), what);
            }
        }
    }

    fn add(&mut self, mark: Mark, subpath: &str, what: String) {
        self.add_at(mark, &format!("{}{subpath}", self.new.pointer()), what);
    }

    fn add_at(&mut self, mark: Mark, pointer: &str, what: String) {
        let operations = BTreeSet::from([self.new.id().to_owned()]);
        self.changes.insert(Change { mark, place: place(self.new.spec, pointer), what, operations });
    }
}

fn add(changes: &mut BTreeSet<Change>, mark: Mark, place: String, what: String) {
    changes.insert(Change { mark, place, what, operations: BTreeSet::new() });
}

/// A scheme that was removed shows where it was asked for.
fn security_schemes(old: &Value, new: &Value, changes: &mut BTreeSet<Change>) {
    let schemes = |spec: &Value| spec["components"]["securitySchemes"].clone();
    let (old_schemes, new_schemes) = (schemes(old), schemes(new));
    for (name, scheme) in old_schemes.as_object().into_iter().flatten() {
        if let Some(after) = new_schemes.get(name)
            && !same((old, scheme), (new, after))
        {
            let what = "callers must identify themselves in another way".to_owned();
            add(changes, Mark::Breaking, format!("components.securitySchemes.{name}"), what);
        }
    }
}

/// SDKs use the first server by default.
fn servers(old: &Value, new: &Value, changes: &mut BTreeSet<Change>) {
    let urls = |spec: &Value| -> Vec<String> {
        let servers = spec["servers"].as_array().into_iter().flatten();
        servers.filter_map(|server| server["url"].as_str().map(str::to_owned)).collect()
    };
    let (old, new) = (urls(old), urls(new));
    if old != new {
        let kept = old.first() == new.first() && old.iter().all(|url| new.contains(url));
        let mark = if kept { Mark::Compatible } else { Mark::Breaking };
        add(changes, mark, "servers".to_owned(), format!("changed from {old:?} to {new:?}"));
    }
}

/// Named schemas, which are the types of generated code.
fn types(old: &Value, new: &Value, changes: &mut BTreeSet<Change>) {
    let names = |spec: &Value| -> BTreeSet<String> {
        spec["components"]["schemas"].as_object().into_iter().flat_map(|schemas| schemas.keys().cloned()).collect()
    };
    let (old, new) = (names(old), names(new));
    for name in old.difference(&new) {
        let what = "the type was removed or renamed, and is gone from SDKs".to_owned();
        add(changes, Mark::Breaking, format!("components.schemas.{name}"), what);
    }
    for name in new.difference(&old) {
        add(changes, Mark::Compatible, format!("components.schemas.{name}"), "the type was added".to_owned());
    }
}
