//! `cargo xtask check`: the one command after an edit of the description. It reports all that it finds: first by the rules of this
//! project, then whether the generated code is up to date, then by two independent validators.

mod description;
mod finding;
mod node;
mod prove;
mod rules;
mod validators;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::project::{SPEC, root};
use crate::regen;
use description::Description;
use finding::{Finding, Findings};
use node::Node;
use validators::{Complaint, VALIDATORS, Validator};

/// What to check.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Another description than openapi/engram.yaml
    #[arg(conflicts_with = "prove")]
    pub(crate) file: Option<PathBuf>,
    /// Run every fixture of xtask/check/fixtures through the check too, and show that its fault is found
    #[arg(long)]
    pub(crate) prove: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    match &options.file {
        Some(file) => check(file, &file.display().to_string(), || generates(file)),
        None => check(&root().join(SPEC), SPEC, || regen::run(true)),
    }?;
    if options.prove { prove::run() } else { Ok(()) }
}

/// Runs all steps, the fastest first, and fails after the last one where any failed.
fn check(path: &Path, name: &str, generated: impl FnOnce() -> Result<()>) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    let problems = problems(&text);
    for Problem { rule, finding: Finding { line, wrong, cure } } in &problems {
        println!("{name}:{line}: {rule}: {wrong}; {cure}");
    }
    println!("{} rules of this project: {}", rules::all().count(), count(problems.len(), "problem"));
    ensure!(problems.iter().all(|problem| problem.rule != UNREADABLE), "{name} cannot be read");
    let mut is_right = problems.is_empty();
    let mut note = |step: Result<()>| {
        if let Err(error) = step {
            println!("{error:#}");
            is_right = false;
        }
    };
    note(generated());
    VALIDATORS.iter().for_each(|validator| note(validate(path, name, validator)));
    ensure!(is_right, "{name} is not right: see above");
    println!("{name} is right");
    Ok(())
}

fn validate(path: &Path, name: &str, validator: &Validator) -> Result<()> {
    let path = path.canonicalize().with_context(|| format!("cannot find {name}"))?;
    let folder = path.parent().context("a file has a folder")?;
    let file = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
    let complaints = (validator.validate)(folder, &[file])?;
    for Complaint { line, rule, message, .. } in &complaints {
        println!("{name}:{line}: {rule}: {message}");
    }
    let found = format!("{}: {}", validator.name, count(complaints.len(), "problem"));
    ensure!(complaints.is_empty(), found);
    println!("{found}");
    Ok(())
}

/// The rule that a file breaks which is no description at all.
const UNREADABLE: &str = "yaml";

/// A finding, and the rule that it breaks.
struct Problem {
    rule: &'static str,
    finding: Finding,
}

/// What the rules say of a description, from top to bottom.
fn problems(text: &str) -> Vec<Problem> {
    let root = match Node::parse(text) {
        Ok(root) if !root.members().is_empty() => root,
        Ok(root) => {
            let wrong = "this is not a description of an API, but an empty or another file".to_owned();
            let cure = "begin it with `openapi: 3.0.3`".to_owned();
            return vec![Problem { rule: UNREADABLE, finding: Finding { line: root.line.max(1), wrong, cure } }];
        }
        Err(finding) => return vec![Problem { rule: UNREADABLE, finding }],
    };
    let description = Description { root: &root };
    let mut problems = Vec::new();
    for (rule, check) in rules::all() {
        let mut found = Findings::default();
        check(&description, &mut found);
        problems.extend(found.all.into_iter().map(|finding| Problem { rule, finding }));
    }
    problems.sort_by_key(|problem| problem.finding.line);
    // What is referred to several times is found as often.
    problems.dedup_by(|one, other| one.rule == other.rule && one.finding == other.finding);
    problems
}

/// What the rules missed, the generator finds. Only the project's own description has generated code that can be stale.
fn generates(path: &Path) -> Result<()> {
    regen::generate(&fs::read_to_string(path)?).context("no code can be generated from it").map(drop)
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
