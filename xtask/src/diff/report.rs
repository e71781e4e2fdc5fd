//! What the person reads who decides on a release.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Result, bail};
use semver::Version;
use serde::Serialize;

use super::version::{allows_breaking, next_breaking, next_compatible};
use super::{Change, Mark};

/// What changed, breaking changes first.
#[derive(Serialize)]
pub(super) struct Report {
    old_version: String,
    new_version: String,
    changes: Vec<Change>,
    /// How many texts changed that only people read, such as descriptions and examples.
    wording: usize,
    #[serde(skip)]
    versions: (Version, Version),
}

impl Report {
    /// What reaches callers in the same way through several operations is one change.
    pub(super) fn new(old: Version, new: Version, changes: BTreeSet<Change>, wording: usize) -> Self {
        let mut merged: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for Change { mark, place, what, operations } in changes {
            merged.entry((mark, place, what)).or_default().extend(operations);
        }
        let changes =
            merged.into_iter().map(|((mark, place, what), operations)| Change { mark, place, what, operations });
        Self {
            old_version: old.to_string(),
            new_version: new.to_string(),
            changes: changes.collect(),
            wording,
            versions: (old, new),
        }
    }

    /// Fails where the version promises more than the changes keep.
    pub(super) fn ensure_allowed(&self) -> Result<()> {
        let (old, new) = &self.versions;
        if new < old {
            bail!("the version went down from {old} to {new}: set `version` in `info` to more than {old}");
        }
        let breaking = self.breaking();
        if breaking > 0 && !allows_breaking(old, new) {
            bail!(
                "{} callers, and the version does not say so: keep what callers use, or set `version` in `info`, now {new}, \
                 to {} or more",
                if breaking == 1 { "1 change breaks".to_owned() } else { format!("{breaking} changes break") },
                next_breaking(old)
            );
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }

    fn breaking(&self) -> usize {
        self.changes.iter().filter(|change| change.mark == Mark::Breaking).count()
    }

    /// What is left to do where nothing is wrong.
    fn advice(&self) -> Option<String> {
        let (old, new) = &self.versions;
        match (self.breaking(), old == new) {
            (1.., _) if allows_breaking(old, new) => {
                Some(format!("The version {new} says that it breaks callers of {old}."))
            }
            (0, true) if !self.changes.is_empty() || self.wording > 0 => Some(format!(
                "The version is still {old}: set `version` in `info` to {} before the next release.",
                next_compatible(old, !self.changes.is_empty())
            )),
            _ => None,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "From version {} to {}:", self.old_version, self.new_version)?;
        for change in &self.changes {
            let mark = match change.mark {
                Mark::Breaking => "breaking",
                Mark::Compatible => "compatible",
            };
            writeln!(out, "{mark:<12}{}: {}", change.place, change.what)?;
            if !change.operations.is_empty() {
                let operations = change.operations.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                writeln!(out, "{:<12}for callers of {operations}", "")?;
            }
        }
        match (self.changes.len(), self.wording) {
            (0, 0) => writeln!(out, "no changes")?,
            (0, wording) => writeln!(out, "no changes but {wording} of wording: descriptions, examples and the like")?,
            (all, wording) => {
                let breaking = self.breaking();
                let wording = if wording > 0 { format!(", {wording} of wording (not listed)") } else { String::new() };
                writeln!(out, "{breaking} breaking, {} compatible{wording}", all - breaking)?;
            }
        }
        self.advice().map_or(Ok(()), |advice| writeln!(out, "{advice}"))
    }
}
