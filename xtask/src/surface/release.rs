//! The libraries against the last release, with cargo-semver-checks: it knows which changes of Rust code break a dependent, and
//! whether the version in Cargo.toml has been raised as they demand.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use semver::Version;

use crate::project::{cargo, installed_once, output, root, run, work_directory};

const CARGO_SEMVER_CHECKS: &str = "cargo-semver-checks@0.51.0";

/// Compares with the newest release that the work tree is made from. A release is a commit with a tag such as `v1.2.3`; where there
/// is none, there is nothing that could break.
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

/// The tag of the highest version among those that are ancestors of the work tree. Pre-releases promise nothing.
pub(super) fn last_release(repository: &Path) -> Option<String> {
    let tags = git(repository, &["tag", "--merged", "HEAD"])?;
    let version = |tag: &str| Version::parse(tag.strip_prefix('v')?).ok().filter(|version| version.pre.is_empty());
    let releases = tags.lines().filter_map(|tag| Some((version(tag)?, tag.to_owned())));
    releases.max().map(|(_, tag)| tag)
}

/// Why there is no release to compare with.
pub(super) fn why_none(repository: &Path) -> &'static str {
    match git(repository, &["rev-parse", "--is-shallow-repository"]).as_deref().map(str::trim) {
        None => "not compared with a release: this is no git repository",
        Some("true") => {
            "not compared with a release: this clone is shallow and may lack the tag; `git fetch --unshallow --tags` gets it"
        }
        Some(_) => "not compared with a release: no commit before this one has a tag such as v1.2.3",
    }
}

/// What git prints; none where it fails, is not installed, or finds no repository.
fn git(repository: &Path, arguments: &[&str]) -> Option<String> {
    let printed = output(Command::new("git").current_dir(repository).args(arguments)).ok()?;
    String::from_utf8(printed.stdout).ok()
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
