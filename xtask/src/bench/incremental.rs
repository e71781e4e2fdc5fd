//! How long someone waits who works on this client: from an edit to a rebuilt crate.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::build::{Cost, cost};
use super::report::{figure, markdown_table};
use super::side_by_side::Programs;
use super::table::median;
use crate::project::{SPEC, cargo, output, root, work_directory};

const EDITS: usize = 3;
const CODE: &str = "src/client.rs";

/// The waits as a table.
pub(super) fn text(programs: &Programs) -> Result<String> {
    let copy = copy_of_the_project()?;
    let build = || {
        let arguments =
            ["build", "--quiet", "--package", "lumetra-engram", "--features", "codegen", "--target-dir", "target"];
        cost(programs, &cargo(&copy, &arguments))
    };
    build()?;
    let heading = ["after an edit of", "s", "CPU s"].map(str::to_owned);
    let (spec, code) = (edits(&copy, SPEC, "#", build)?, edits(&copy, CODE, "//", build)?);
    let table = markdown_table(&[heading, row(SPEC, &spec), row(CODE, &code)]);
    let how = "From an edit to the rebuilt crate with the feature `codegen`, as `cargo build` turns it on inside this workspace; the median of \
               three, debug.\n\n";
    Ok(format!("{how}{table}"))
}

/// All files of the project that are under version control, as they are now.
fn copy_of_the_project() -> Result<PathBuf> {
    let copy = work_directory("bench/incremental")?;
    let listed = output(std::process::Command::new("git").arg("ls-files").current_dir(root()))?.stdout;
    for file in String::from_utf8(listed)?.lines() {
        let (from, to) = (root().join(file), copy.join(file));
        fs::create_dir_all(to.parent().unwrap_or(&copy))?;
        if from.exists() {
            fs::copy(&from, &to).with_context(|| format!("cannot copy {file}"))?;
        }
    }
    Ok(copy)
}

/// What a build takes after each of some edits of a file, of which every one adds a comment.
fn edits(copy: &Path, file: &str, comment: &str, build: impl Fn() -> Result<Cost>) -> Result<Vec<Cost>> {
    let path = copy.join(file);
    let edit = |number| {
        let text = fs::read_to_string(&path)?;
        fs::write(&path, format!("{text}{comment} Edit {number}.\n"))?;
        eprintln!("rebuild after edit {number} of {file}");
        build()
    };
    (1..=EDITS).map(edit).collect()
}

fn row(file: &str, costs: &[Cost]) -> [String; 3] {
    let middle = |value: fn(&Cost) -> f64| figure(median(&costs.iter().map(value).collect::<Vec<_>>()));
    [format!("`{file}`"), middle(|cost| cost.seconds), middle(|cost| cost.cpu)]
}
