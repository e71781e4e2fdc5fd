//! `cargo xtask diff`: what changed in the description for callers, and whether its version says so. The crate `drift` finds the
//! places where two descriptions differ; what a difference there means to a caller is judged here.

mod callers;
mod operations;
mod places;
mod report;
mod schemas;
mod version;
mod view;
mod wording;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow, ensure};
use serde::Serialize;
use serde_json::Value;

use crate::project::{SPEC, output, root};
use crate::release::{last_release, why_none};
use report::Report;

/// What to compare with.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The old description: a file or, where there is none of that name, a git revision such as HEAD or v1.0.0 [default: the last
    /// release]
    pub(crate) old: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whether callers of the old description can go on as they are, with a server that keeps to the new one or with an SDK that was
/// generated from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mark {
    Breaking,
    Compatible,
}

/// A difference that callers may notice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Change {
    mark: Mark,
    /// Where it is in the description: in the new one, but for what was removed.
    place: String,
    /// What happened there.
    what: String,
    /// The operations that it reaches callers through.
    operations: BTreeSet<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let Some(old) = options.old.clone().or_else(|| last_release(root())) else {
        println!("{}", why_none(root()));
        return Ok(());
    };
    let report = report(root(), &old)?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    report.ensure_allowed()
}

/// Compares the description of the project in this directory with the old one.
fn report(project: &Path, old: &str) -> Result<Report> {
    let text = old_text(project, old)?;
    let new = std::fs::read_to_string(project.join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
    compare(&parse(&text).context("the old description")?, &parse(&new).context(SPEC)?)
}

fn compare(old: &Value, new: &Value) -> Result<Report> {
    let mut changes = places::changes(old, new)?;
    changes.extend(operations::changes(old, new));
    let differences = wording::differences(old, new);
    if changes.is_empty() && differences.other > 0 {
        changes.insert(Change {
            mark: Mark::Breaking,
            place: "the description".to_owned(),
            what: "differs in a way that this task cannot judge: compare by hand".to_owned(),
            operations: BTreeSet::new(),
        });
    }
    Ok(Report::new(version::of(old)?, version::of(new)?, changes, differences.wording))
}

/// The text of the file or, where there is none, of the description at the git revision.
fn old_text(project: &Path, name: &str) -> Result<String> {
    if Path::new(name).is_file() {
        return std::fs::read_to_string(name).with_context(|| format!("cannot read {name}"));
    }
    let mut git = Command::new("git");
    git.current_dir(project).args(["show", "--end-of-options", &format!("{name}:{SPEC}")]);
    let shown =
        output(&mut git).with_context(|| format!("{name} is neither a file nor a git revision that has {SPEC}"))?;
    String::from_utf8(shown.stdout).with_context(|| format!("{SPEC} at {name} is no text"))
}

/// Reads a description, and refuses what `drift` would panic on.
fn parse(text: &str) -> Result<Value> {
    let spec: Value = serde_saphyr::from_str(text).map_err(|error| anyhow!("not valid YAML: {error}"))?;
    ensure!(spec["paths"].is_object(), "not an OpenAPI description: it has no `paths`");
    for operation in operations::all(&spec).values() {
        operation.ensure_path_parameters()?;
    }
    Ok(spec)
}

#[cfg(test)]
mod tests;
