//! The places where `drift` finds a difference, and what the difference is.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use drift::{ChangeClass, ChangeComparison, ChangeDetails, ChangeInfo};
use serde_json::Value;

use super::callers::Callers;
use super::schemas::{Finding, Pair, Side, judge};
use super::view::{comparable, lookup, place, segments};
use super::{Change, Mark};

/// What `drift` found at one place.
struct Place<'a> {
    views: (&'a Value, &'a Value),
    old: String,
    new: String,
    comparisons: Vec<ChangeComparison>,
    operations: BTreeSet<String>,
    found: Vec<&'a ChangeInfo>,
}

pub(super) fn changes(old: &Value, new: &Value) -> Result<BTreeSet<Change>> {
    let views = (comparable(old), comparable(new));
    let found = drift::compare(&views.0, &views.1).context("the descriptions cannot be compared")?;
    let callers = Callers::new(&views.0, &views.1);
    let mut changes = BTreeSet::new();
    for change in &found {
        for place in places((&views.0, &views.1), change, &callers) {
            changes.extend(place.changes());
        }
    }
    Ok(changes)
}

/// Sorts what `drift` found in a component or an operation by the places in it.
fn places<'a>(views: (&'a Value, &'a Value), change: &'a drift::Change, callers: &Callers) -> Vec<Place<'a>> {
    let Some(base) = change.paths.first() else { return Vec::new() };
    let mut by_place: BTreeMap<(String, String), Vec<&ChangeInfo>> = BTreeMap::new();
    for info in &change.changes {
        let old = format!("{}/{}", base.old.current_pointer(), info.old_subpath);
        let new = format!("{}/{}", base.new.current_pointer(), info.new_subpath);
        by_place.entry((old, new)).or_default().push(info);
    }
    let comparisons: Vec<_> = change.paths.iter().map(|path| path.comparison).collect();
    let operations = callers.of(base.new.base_and_subpath().0, base.old.base_and_subpath().0);
    let places = by_place.into_iter().map(|((old, new), found)| {
        let (comparisons, operations) = (comparisons.clone(), operations.clone());
        Place { views, old, new, comparisons, operations, found }
    });
    places.collect()
}

fn speaks_of_a_status(info: &ChangeInfo) -> bool {
    info.message.starts_with("operation ")
}

/// The side of what is not shared by both.
fn side_of(pointer: &str) -> Option<Side> {
    let segments = segments(pointer);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments[..] {
        ["components", "parameters" | "requestBodies", ..]
        | ["paths", _, "parameters", ..]
        | ["paths", _, _, "parameters" | "requestBody", ..] => Some(Side::Request),
        ["components", "responses", ..] | ["paths", _, _, "responses", ..] => Some(Side::Answer),
        _ => None,
    }
}

impl Place<'_> {
    fn changes(&self) -> Vec<Change> {
        if self.is_schema() {
            return self.schema();
        }
        let (statuses, others): (Vec<_>, Vec<_>) = self.found.iter().partition(|info| speaks_of_a_status(info));
        let statuses = if statuses.is_empty() { Vec::new() } else { self.statuses() };
        let others = others.into_iter().filter_map(|info| self.stated(info));
        statuses.into_iter().chain(others).collect()
    }

    fn is_schema(&self) -> bool {
        let segments = segments(&self.new);
        segments.iter().any(|segment| segment == "schema")
            || segments.get(1).is_some_and(|segment| segment == "schemas")
    }

    /// Where it is used. `drift` says that of whole components and operations, and an operation has both sides.
    fn sides(&self) -> Vec<Side> {
        if let Some(side) = side_of(&self.new).or_else(|| side_of(&self.old)) {
            return vec![side];
        }
        let sides = [(ChangeComparison::Input, Side::Request), (ChangeComparison::Output, Side::Answer)];
        sides
            .into_iter()
            .filter(|(comparison, _)| self.comparisons.contains(comparison))
            .map(|(_, side)| side)
            .collect()
    }

    /// The differences of two schemas, once where they mean the same to requests and answers.
    fn schema(&self) -> Vec<Change> {
        let (Some(old), Some(new)) = (lookup(self.views.0, &self.old), lookup(self.views.1, &self.new)) else {
            return vec![self.unjudged()];
        };
        let pair = Pair { views: self.views, old, new };
        let mut sides: BTreeMap<_, BTreeSet<Side>> = BTreeMap::new();
        for side in self.sides() {
            for finding in judge(&pair, side) {
                sides.entry(finding).or_default().insert(side);
            }
        }
        if sides.is_empty() && self.found.iter().any(|info| info.class != ChangeClass::Trivial) {
            return vec![self.unjudged()];
        }
        let change = |(finding, sides): (Finding, BTreeSet<Side>)| {
            let removed = lookup(self.views.1, &format!("{}{}", self.new, finding.subpath)).is_none();
            let side = match (sides.contains(&Side::Request), sides.contains(&Side::Answer)) {
                (true, false) => "in requests",
                (false, true) => "in answers",
                _ => "in requests and answers",
            };
            self.change(finding.mark, removed, &finding.subpath, format!("{side}, {}", finding.what))
        };
        sides.into_iter().map(change).collect()
    }

    /// Statuses that came or went. To `drift` every new one is breaking; but an undeclared error is an error to all clients,
    /// while success under a status that they do not know may not be one.
    fn statuses(&self) -> Vec<Change> {
        let of = |view, pointer: &str| -> BTreeSet<String> {
            let responses = lookup(view, pointer).and_then(|operation| operation["responses"].as_object());
            responses.into_iter().flat_map(|responses| responses.keys().cloned()).collect()
        };
        let (old, new) = (of(self.views.0, &self.old), of(self.views.1, &self.new));
        let removed = old.difference(&new).map(|status| {
            let what = "the answer was removed, and its type in generated code with it";
            self.change(Mark::Breaking, true, &format!("/responses/{status}"), what.to_owned())
        });
        let added = new.difference(&old).map(|status| {
            let (mark, what) = match status.as_bytes().first() {
                Some(b'4' | b'5') => (Mark::Compatible, "the error was added"),
                Some(b'd') => (Mark::Breaking, "an answer for all other statuses was added: compare by hand"),
                _ => (Mark::Breaking, "the answer was added, which older clients may take for an error"),
            };
            self.change(mark, false, &format!("/responses/{status}"), what.to_owned())
        });
        removed.chain(added).collect()
    }

    /// What `drift` says itself, of operations, parameters and bodies. What only older servers do not know breaks no caller;
    /// but what was removed is gone from generated code.
    fn stated(&self, info: &ChangeInfo) -> Option<Change> {
        let mark = match (info.class, info.details) {
            (ChangeClass::Trivial, _) => return None,
            (ChangeClass::ForwardIncompatible, ChangeDetails::Removed) => Mark::Breaking,
            (ChangeClass::ForwardIncompatible, _) => Mark::Compatible,
            _ => Mark::Breaking,
        };
        let gone = info.details == ChangeDetails::Removed;
        let message = info.message.replace('\'', "`").replacen("The ", "the ", 1).replacen("A new", "a new", 1);
        Some(self.change(mark, gone, "", message))
    }

    /// Never silently compatible.
    fn unjudged(&self) -> Change {
        let messages: Vec<_> = self.found.iter().map(|info| info.message.as_str()).collect();
        let what = format!("{}: compare by hand, this task cannot judge it", messages.join(", "));
        self.change(Mark::Breaking, false, "", what)
    }

    fn change(&self, mark: Mark, removed: bool, subpath: &str, what: String) -> Change {
        let (view, pointer) = if removed { (self.views.0, &self.old) } else { (self.views.1, &self.new) };
        Change { mark, place: place(view, &format!("{pointer}{subpath}")), what, operations: self.operations.clone() }
    }
}
