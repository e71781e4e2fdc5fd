//! `cargo xtask workflow`: adds an endpoint to a copy of the project, as CONTRIBUTING.md says, and calls the new method.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use semver::Version;
use toml_edit::{DocumentMut, value};

use crate::project::{cargo, fresh_copy, git, root, run, target_directory};
use crate::regen;

/// The edits by hand: the spec, the operation, the method, and a test that calls it.
const PATCH: &str = "xtask/workflow/get_memory.patch";

pub(crate) fn prove() -> Result<()> {
    let copy = fresh_copy("workflow")?;
    raise_version(&copy.join("Cargo.toml"))?;
    // The copy is no part of the repository around it.
    let ceiling = copy.parent().unwrap_or(&copy);
    run(git(&copy).env("GIT_CEILING_DIRECTORIES", ceiling).arg("apply").arg(root().join(PATCH)))
        .with_context(|| format!("{PATCH} no longer applies: make its edits by hand, and update it with `git diff`"))?;
    regen::run(&copy, false)?;
    run(&mut cargo(&copy, &["fmt", "--check"]))?;
    // In the project's build directory and with the features of the whole workspace, so that the dependencies are compiled already.
    run(cargo(&copy, &["test", "--workspace", "--test", "get_memory"]).env("CARGO_TARGET_DIR", target_directory()?))
}

/// Cargo tells packages of two workspaces apart by their versions, not by where the workspaces are: what it compiled of the copy would
/// else be taken for the project's.
fn raise_version(manifest: &Path) -> Result<()> {
    let mut document: DocumentMut = fs::read_to_string(manifest)?.parse()?;
    let version = &mut document["workspace"]["package"]["version"];
    let Version { major, minor, patch, .. } = version.as_str().context("the workspace has no version")?.parse()?;
    *version = value(Version::new(major, minor, patch + 1).to_string());
    Ok(fs::write(manifest, document.to_string())?)
}
