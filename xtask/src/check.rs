//! `cargo xtask check`: the one command after an edit of the spec. It reports all that it finds: first by the rules of this project,
//! then whether the generated code is up to date, then by two independent validators.

mod document;
mod openapi_spec_validator;
mod prove;
mod redocly;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::project::{SPEC, root};
use crate::regen;
use redocly::Complaint;
use rules::{Problem, problems};

/// What to check.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A spec other than openapi/engram.yaml
    #[arg(conflicts_with = "prove")]
    pub(crate) file: Option<PathBuf>,
    /// Also check every fixture of xtask/check/fixtures, and show that its fault is found
    #[arg(long)]
    pub(crate) prove: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    match &options.file {
        Some(file) => check(file, || generates(file)),
        None => check(&root().join(SPEC), || regen::run(root(), true)),
    }?;
    if options.prove { prove::run() } else { Ok(()) }
}

/// Runs all steps, the fastest first, and fails after the last one where any failed.
fn check(path: &Path, generated: impl FnOnce() -> Result<()>) -> Result<()> {
    let name = path.strip_prefix(root()).unwrap_or(path).display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    let problems = problems(&text).with_context(|| format!("{name} cannot be read"))?;
    for Problem { rule, pointer, message } in &problems {
        println!("{name}#{pointer}: {rule}: {message}");
    }
    let complaints = redocly::validate(&[path.to_owned()])?;
    for Complaint { line, rule, message, .. } in &complaints {
        println!("{name}:{line}: {rule}: {message}");
    }
    let other_steps = [generated(), openapi_spec_validator::validate(path)];
    let failed: Vec<_> = other_steps.into_iter().filter_map(Result::err).collect();
    failed.iter().for_each(|error| println!("{error:#}"));
    let found = problems.len() + complaints.len() + failed.len();
    ensure!(found == 0, "{name} is not right; problems: {found}, see above");
    println!("{name} is right");
    Ok(())
}

/// What the rules missed, the generator finds. Only the project's own spec has generated code that can be stale.
fn generates(path: &Path) -> Result<()> {
    regen::generate(&fs::read_to_string(path)?).context("no code can be generated from it").map(drop)
}

#[cfg(test)]
mod tests;
