//! `cargo xtask workflow`: follows the worked example of CONTRIBUTING.md to the letter, on a copy of the project. What it says of the
//! way from an edit of the spec to a change that lands is then true.

mod step;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::project::{copy_project, git, root, run, target_directory};

const PAGE: &str = "CONTRIBUTING.md";
const SECTION: &str = "A worked example: one endpoint more";

pub(crate) fn prove() -> Result<()> {
    let page = fs::read_to_string(root().join(PAGE)).with_context(|| format!("cannot read {PAGE}"))?;
    let steps = step::steps_of(&page, SECTION)?;
    let copy = tempfile::tempdir()?;
    copy_project(copy.path())?;
    commit(copy.path())?;
    // With the build directory of the project itself, the dependencies are not compiled again.
    let target = target_directory()?;
    for step in &steps {
        println!("--- {step}");
        step.follow(copy.path(), &target).with_context(|| format!("{PAGE} cannot be followed at: {step}"))?;
    }
    println!("all {} steps of {PAGE} work", steps.len());
    Ok(())
}

/// Makes the copy a repository of its own, whose only commit is the project as it is.
fn commit(copy: &Path) -> Result<()> {
    run(git(copy).args(["init", "--quiet"]))?;
    run(git(copy).args(["add", "--all"]))?;
    let author = ["-c", "user.name=workflow", "-c", "user.email=workflow@localhost", "-c", "commit.gpgsign=false"];
    run(git(copy).args(author).args(["commit", "--quiet", "--message", "The project as it is"]))
}
