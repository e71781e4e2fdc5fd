//! The libraries against the last release, with cargo-semver-checks, which knows which changes of Rust code break a dependent, and
//! whether the version in Cargo.toml has been raised as they demand.

use std::path::PathBuf;
use std::process::Command;

use crate::project::{cargo, installed_once, root, run, work_directory};
use crate::release::{last_release, why_none};
use anyhow::{Context, Result};

const CARGO_SEMVER_CHECKS: &str = "cargo-semver-checks@0.51.0";

/// Compares with the last release. Where there is none, there is nothing that could break.
pub(super) fn check(libraries: &[&str]) -> Result<()> {
    let Some(tag) = last_release(root()) else {
        println!("{}", why_none(root()));
        return Ok(());
    };
    let program = cargo_semver_checks()?;
    for library in libraries {
        println!("{library}, compared with {tag}:");
        run(Command::new(&program)
            .current_dir(root())
            .args(["semver-checks", "--package", library, "--baseline-rev", &tag]))
        .with_context(|| {
            format!(
                "{library} breaks what depends on {tag}: keep what was public there, or raise the version in Cargo.toml as \
                 cargo-semver-checks says above"
            )
        })?;
    }
    Ok(())
}

/// Compiles the program, once.
fn cargo_semver_checks() -> Result<PathBuf> {
    let directory = work_directory("surface/cargo-semver-checks")?;
    installed_once(&directory, &[CARGO_SEMVER_CHECKS], || {
        println!("installing {CARGO_SEMVER_CHECKS}, which takes some minutes, once");
        let mut command = cargo(root(), &["install", "--quiet", "--locked", CARGO_SEMVER_CHECKS, "--root"]);
        // Built in a directory that cargo deletes afterwards.
        run(command.arg(&directory).env_remove("CARGO_TARGET_DIR"))
    })?;
    Ok(directory.join("bin").join(format!("cargo-semver-checks{}", std::env::consts::EXE_SUFFIX)))
}
