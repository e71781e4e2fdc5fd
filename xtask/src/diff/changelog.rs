//! The changelog of the spec. The entry of its version lists every change since the last release; what people write between the heading
//! and the first list stays. Entries of released versions are never touched.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::kind::Kind;
use super::report::Report;
use crate::project::settle;

const FILE: &str = "openapi/CHANGELOG.md";
const LISTS: [(Kind, &str); 3] =
    [(Kind::Breaking, "Breaking"), (Kind::Additive, "Added"), (Kind::Documentation, "Documentation")];

/// Writes the entry of the project's version, or fails where it is stale.
pub(super) fn keep(project: &Path, report: &Report, write: bool) -> Result<()> {
    // Only documentation can have changed then.
    if report.is_released() {
        return Ok(());
    }
    let path = project.join(FILE);
    let old = fs::read_to_string(&path).with_context(|| format!("cannot read {FILE}"))?.replace("\r\n", "\n");
    match settle(project, FILE, &updated(&old, report), !write)? {
        Some(diff) => bail!("{diff}\n{FILE} is stale: run `cargo xtask diff --changelog` and commit it"),
        None => Ok(()),
    }
}

/// The changelog with the entry of the report's version made anew, the newest first.
pub(super) fn updated(changelog: &str, report: &Report) -> String {
    let heading = format!("## {}\n", report.version());
    let (before, entry, after) = match changelog.find(&format!("\n{heading}")) {
        Some(start) => {
            let (before, rest) = changelog.split_at(start + 1);
            let end = rest.find("\n## ").map_or(rest.len(), |end| end + 1);
            (before, &rest[..end], &rest[end..])
        }
        None => {
            let start = changelog.find("\n## ").map_or(changelog.len(), |start| start + 1);
            (&changelog[..start], heading.as_str(), &changelog[start..])
        }
    };
    let prose = entry.split("\n### ").next().unwrap_or(entry).trim_end();
    let lists = lists(report);
    let sections = [before.trim_end(), prose, lists.trim_end(), after.trim_end()];
    let sections: Vec<_> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    sections.join("\n\n") + "\n"
}

fn lists(report: &Report) -> String {
    let mut lists = String::new();
    for (kind, name) in LISTS {
        let lines: String = report.changes_of(kind).map(|line| format!("- {line}\n")).collect();
        if !lines.is_empty() {
            lists.push_str(&format!("### {name}\n\n{lines}\n"));
        }
    }
    lists
}
