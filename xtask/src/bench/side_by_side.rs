//! The programs of bench/side-by-side.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use serde::de::DeserializeOwned;

use crate::project::{cargo, json, output, root, run, work_directory};

/// `fuzzing` opens what lets answers come from memory: see src/fuzzing.rs. It changes nothing else.
const FLAGS: &str = "--cfg fuzzing";

/// The programs, built.
pub(super) struct Programs(PathBuf);

impl Programs {
    pub(super) fn build() -> Result<Self> {
        let mut command = cargo_beside(&["build", "--quiet", "--release", "--bins"])?;
        run(&mut command)?;
        Ok(Self(directory()?.join("release")))
    }

    pub(super) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.0.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)));
        without_proxy(&mut command);
        command
    }
}

/// Cargo, to be run on that workspace.
pub(super) fn cargo_beside(arguments: &[&str]) -> Result<Command> {
    let mut command = cargo(root(), arguments);
    command.arg("--locked").arg("--manifest-path").arg(root().join("bench/side-by-side/Cargo.toml"));
    command.arg("--target-dir").arg(directory()?);
    command.env("RUSTFLAGS", FLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS");
    Ok(command)
}

/// Where that workspace is built.
pub(super) fn directory() -> Result<PathBuf> {
    work_directory("bench/side-by-side")
}

/// Runs a program that prints what it found as JSON.
pub(super) fn found<T: DeserializeOwned>(command: &mut Command) -> Result<T> {
    json(&output(command)?.stdout)
}

/// A proxy of this machine has no part in what is measured.
pub(super) fn without_proxy(command: &mut Command) {
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(variable);
    }
}
