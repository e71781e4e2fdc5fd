//! The check of integrations/rig, a workspace of its own: rig needs a newer Rust than the other crates do.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use toml_edit::DocumentMut;

use crate::project::{cargo, root, run, target_directory};

pub(crate) const DIRECTORY: &str = "integrations/rig";

pub(crate) fn check() -> Result<()> {
    run(&mut on_it(&["fmt", "--check"]))?;
    run(locked(&["clippy", "--quiet", "--all-targets"])?.args(["--", "--deny", "warnings"]))?;
    run(&mut locked(&["test", "--quiet"])?)
}

/// What its tests depend on beside crates of this project, as lines of a manifest elsewhere.
pub(crate) fn dependencies_of_tests() -> Result<String> {
    let manifest: DocumentMut = fs::read_to_string(root().join(DIRECTORY).join("Cargo.toml"))?.parse()?;
    let dependencies = manifest["dev-dependencies"].as_table().context("the manifest has no dev-dependencies")?;
    let of_others = dependencies.iter().filter(|(_, dependency)| dependency.get("path").is_none());
    Ok(of_others.map(|(name, dependency)| format!("{name} = {dependency}\n")).collect())
}

fn on_it(arguments: &[&str]) -> Command {
    let mut command = cargo(root(), arguments);
    command.arg("--manifest-path").arg(root().join(DIRECTORY).join("Cargo.toml"));
    command
}

/// In the project's build directory, where much of what it needs is built already.
fn locked(arguments: &[&str]) -> Result<Command> {
    let mut command = on_it(arguments);
    command.arg("--locked").arg("--target-dir").arg(target_directory()?);
    Ok(command)
}
