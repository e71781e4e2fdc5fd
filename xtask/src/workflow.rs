//! `cargo xtask workflow`: adds an endpoint to a copy of the project, as CONTRIBUTING.md says, and calls the new method.

use anyhow::{Context, Result};

use crate::project::{cargo, copy_project, git, root, run, target_directory};

/// The edits by hand: the spec, the operation, the method, and a test that calls it.
const PATCH: &str = "xtask/workflow/get_memory.patch";

pub(crate) fn prove() -> Result<()> {
    let copy = tempfile::tempdir()?;
    copy_project(copy.path())?;
    run(git(copy.path()).arg("apply").arg(root().join(PATCH))).with_context(|| {
        format!("{PATCH} no longer applies: make its edits by hand, and write it anew with `git diff`")
    })?;
    // With the build directory of the project itself, the dependencies are not compiled again.
    let target = target_directory()?;
    for arguments in [&["xtask", "regen"][..], &["fmt", "--check"], &["test", "--test", "get_memory"]] {
        println!("--- cargo {}", arguments.join(" "));
        run(cargo(copy.path(), arguments).env("CARGO_TARGET_DIR", &target))?;
    }
    Ok(())
}
