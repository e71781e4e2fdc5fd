//! `cargo xtask workflow`: follows the worked example of CONTRIBUTING.md to the letter, on a copy of the project. What it says of the
//! way from an edit of the description to a change that lands is then true.

mod step;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{output, root, run, target_directory};

const PAGE: &str = "CONTRIBUTING.md";
const SECTION: &str = "A worked example: one endpoint more";

pub(crate) fn prove() -> Result<()> {
    let page = fs::read_to_string(root().join(PAGE)).with_context(|| format!("cannot read {PAGE}"))?;
    let steps = step::steps_of(&page, SECTION)?;
    let copy = tempfile::tempdir()?;
    copy_project(copy.path())?;
    // With the build directory of the project itself, the dependencies are not compiled again.
    let target = target_directory()?;
    for step in &steps {
        println!("--- {step}");
        step.follow(copy.path(), &target).with_context(|| format!("{PAGE} cannot be followed at: {step}"))?;
    }
    println!("all {} steps of {PAGE} work", steps.len());
    Ok(())
}

/// Copies what git knows or would add, into a repository of its own, whose only commit is the project as it is.
fn copy_project(copy: &Path) -> Result<()> {
    let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let files = output(git(root()).args(listing))?.stdout;
    for file in String::from_utf8(files)?.split_terminator('\0') {
        let (from, to) = (root().join(file), copy.join(file));
        // A file may be deleted but still known.
        if from.is_file() {
            fs::create_dir_all(to.parent().context("a file has a folder")?)?;
            fs::copy(&from, &to).with_context(|| format!("cannot copy {file}"))?;
        }
    }
    run(git(copy).args(["init", "--quiet"]))?;
    run(git(copy).args(["add", "--all"]))?;
    let author = ["-c", "user.name=workflow", "-c", "user.email=workflow@localhost", "-c", "commit.gpgsign=false"];
    run(git(copy).args(author).args(["commit", "--quiet", "--message", "The project as it is"]))
}

fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory);
    command
}
