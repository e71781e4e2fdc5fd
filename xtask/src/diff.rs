//! `cargo xtask diff`: what changed in the spec for callers, and whether its version says so. The crate `drift` judges
//! operations, parameters, bodies and statuses; `judge` has the rules for the rest. What neither can judge is breaking.

mod changelog;
mod judge;
mod keyed;
mod kind;
mod parts;
mod report;
mod structure;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};

use crate::project::{SPEC, output, root};
use crate::release::{has_whole_history, last_release, why_none};
use report::{Changes, Report};

/// What to compare with.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The old spec: a file, or else a git revision such as HEAD or v1.0.0 [default: the last release]
    pub(crate) old: Option<String>,
    /// Write the changes since the last release to openapi/CHANGELOG.md
    #[arg(long, conflicts_with = "old")]
    pub(crate) changelog: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let Some(old) = options.old.clone().or_else(|| last_release(root())) else {
        println!("{}", why_none(root()));
        return first_entry(options.changelog);
    };
    let report = report(root(), &old)?;
    print!("{report}");
    report.ensure_version()?;
    if options.old.is_none() { changelog::keep(root(), &report, options.changelog) } else { Ok(()) }
}

/// Before the first release, everything in the spec is new. Where there may be a release that this clone lacks, nothing is known.
fn first_entry(write: bool) -> Result<()> {
    if !has_whole_history(root()) {
        return Ok(());
    }
    let spec = parse(&new_text(root())?)?;
    changelog::keep(root(), &compare(&nothing(&spec), &spec)?, write)
}

/// The spec without operations and schemas.
fn nothing(spec: &Value) -> Value {
    let mut nothing = spec.clone();
    nothing["info"]["version"] = json!("0.0.0");
    nothing["paths"] = json!({});
    nothing["components"]["schemas"] = json!({});
    nothing
}

/// Compares the spec of the project in this directory with the old one.
fn report(project: &Path, old: &str) -> Result<Report> {
    let text = old_text(project, old)?;
    let new = new_text(project)?;
    compare(&parse(&text).context("the old spec")?, &parse(&new).context(SPEC)?)
}

fn new_text(project: &Path) -> Result<String> {
    std::fs::read_to_string(project.join(SPEC)).with_context(|| format!("cannot read {SPEC}"))
}

/// The text of the file or, where there is none, of the spec at the git revision.
fn old_text(project: &Path, name: &str) -> Result<String> {
    if Path::new(name).is_file() {
        return std::fs::read_to_string(name).with_context(|| format!("cannot read {name}"));
    }
    let mut git = Command::new("git");
    git.current_dir(project).args(["show", "--end-of-options", &format!("{name}:{SPEC}")]);
    let shown =
        output(&mut git).with_context(|| format!("{name} is neither a file nor a git revision that has {SPEC}"))?;
    String::from_utf8(shown.stdout).with_context(|| format!("{SPEC} at {name} is not UTF-8"))
}

fn parse(text: &str) -> Result<Value> {
    let spec: Value = serde_saphyr::from_str(text).map_err(|error| anyhow!("not valid YAML: {error}"))?;
    ensure!(spec["paths"].is_object(), "not an OpenAPI document: it has no `paths`");
    Ok(spec)
}

fn compare(old: &Value, new: &Value) -> Result<Report> {
    let mut changes = Changes::default();
    structure::compare(old, new, &mut changes)?;
    parts::compare(old, new, &mut changes);
    Report::new(old, new, changes)
}

#[cfg(test)]
mod tests;
