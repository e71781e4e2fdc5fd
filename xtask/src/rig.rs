//! The check of integrations/rig, a workspace of its own: rig needs a newer Rust than the other crates do.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use semver::Version;
use toml_edit::DocumentMut;

use crate::project::{cargo, metadata, output, root, run, target_directory};

pub(crate) const DIRECTORY: &str = "integrations/rig";

pub(crate) fn check() -> Result<()> {
    if !is_supported()? {
        return Ok(());
    }
    run(&mut on_it(&["fmt", "--check"]))?;
    run(locked(&["clippy", "--quiet", "--all-targets"])?.args(["--", "--deny", "warnings"]))?;
    run(&mut locked(&["test", "--quiet"])?)
}

/// What is checked of it is skipped where the Rust at hand is too old, but for the one that decides whether a change lands.
pub(crate) fn is_supported() -> Result<bool> {
    let (needed, at_hand) = (needed_rust()?, rust_at_hand()?);
    let is_skipped = at_hand < needed && std::env::var_os("CI").is_none();
    if is_skipped {
        println!("skipped: {DIRECTORY} needs Rust {needed}, and this is {at_hand}");
    }
    Ok(!is_skipped)
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

fn needed_rust() -> Result<Version> {
    let metadata = metadata(&root().join(DIRECTORY), &["--no-deps"])?;
    let declared = metadata["packages"][0]["rust_version"].as_str().context("rig-engram declares no rust-version")?;
    version(declared)
}

fn rust_at_hand() -> Result<Version> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let printed = String::from_utf8(output(Command::new(compiler).arg("--version"))?.stdout)?;
    version(printed.split_whitespace().nth(1).context("the compiler does not say its version")?)
}

/// A version whose last number may be missing. That of a nightly build counts as that of the release it leads to.
fn version(text: &str) -> Result<Version> {
    let numbers = text.split('-').next().unwrap_or(text);
    let padding = if numbers.split('.').count() == 2 { ".0" } else { "" };
    Version::parse(&format!("{numbers}{padding}")).with_context(|| format!("{text:?} is not a Rust version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_rust_are_read_as_manifests_and_the_compiler_write_them() {
        let read = |text| version(text).unwrap();
        assert_eq!(read("1.95"), read("1.95.0"));
        assert_eq!(read("1.96.0-nightly"), read("1.96.0"));
        assert!(read("1.88.1") < read("1.95") && read("1.100.0") > read("1.95"));
        assert!(version("stable").is_err());
    }
}
