//! What changed, and whether the version says so by Semantic Versioning.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result, ensure};
use semver::Version;
use serde_json::Value;

use super::kind::Kind;

/// The kind of each change, its place, and what happened there; with the operations that it reaches callers through.
#[derive(Default)]
pub(super) struct Changes(BTreeMap<(Kind, String, String), BTreeSet<String>>);

impl Changes {
    pub(super) fn add(&mut self, kind: Kind, place: &str, what: String, operations: impl IntoIterator<Item = String>) {
        self.0.entry((kind, place.to_owned(), what)).or_default().extend(operations);
    }
}

pub(super) struct Report {
    old: Version,
    new: Version,
    /// The lowest version that says what changed.
    least: Version,
    changes: Changes,
}

impl Report {
    pub(super) fn new(old: &Value, new: &Value, changes: Changes) -> Result<Self> {
        let (old, new) = (version(old)?, version(new)?);
        // Breaking changes come first.
        let worst = changes.0.keys().next().map_or(Kind::Documentation, |(kind, ..)| *kind);
        Ok(Self { least: least(&old, worst), old, new, changes })
    }

    pub(super) fn ensure_version(&self) -> Result<()> {
        let Self { old, new, least, .. } = self;
        // A pre-release says the same as its release.
        let says = Version::new(new.major, new.minor, new.patch);
        ensure!(
            says >= *least,
            "`version` in `info` is {new}; after {old} and these changes, it must be {least} or more"
        );
        Ok(())
    }

    pub(super) fn version(&self) -> &Version {
        &self.new
    }

    /// The old spec has this version already.
    pub(super) fn is_released(&self) -> bool {
        self.new == self.old
    }

    /// The changes of this kind, a line each.
    pub(super) fn changes_of(&self, kind: Kind) -> impl Iterator<Item = String> {
        let changes = self.changes.0.iter().filter(move |((other, ..), _)| *other == kind);
        changes.map(|((_, place, what), operations)| {
            let operations = operations.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let operations = if operations.is_empty() { operations } else { format!(" ({operations})") };
            format!("{place}: {what}{operations}")
        })
    }
}

fn version(spec: &Value) -> Result<Version> {
    let version = spec["info"]["version"].as_str().context("the spec has no `version` in `info`")?;
    Version::parse(version).with_context(|| format!("`version` in `info` is not a semantic version: {version}"))
}

/// The lowest version after the old one for changes of this kind. While the first number is 0, the second one counts.
fn least(old: &Version, kind: Kind) -> Version {
    match (kind, old.major) {
        (Kind::Breaking, 1..) => Version::new(old.major + 1, 0, 0),
        (Kind::Breaking, 0) | (Kind::Additive, 1..) => Version::new(old.major, old.minor + 1, 0),
        (Kind::Additive, 0) => Version::new(0, old.minor, old.patch + 1),
        (Kind::Documentation, _) => old.clone(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "From version {} to {}:", self.old, self.new)?;
        let kinds = [Kind::Breaking, Kind::Additive, Kind::Documentation];
        for kind in kinds {
            for line in self.changes_of(kind) {
                writeln!(out, "{:<15}{line}", format!("{kind:?}").to_lowercase())?;
            }
        }
        let [breaking, additive, documentation] = kinds.map(|kind| self.changes_of(kind).count());
        writeln!(out, "{breaking} breaking, {additive} additive, {documentation} of documentation")
    }
}
