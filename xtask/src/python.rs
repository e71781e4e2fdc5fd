//! Python environments of the project's own, below the build directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{installed_once, run, work_directory};

/// The Python interpreter of an environment with this version of the official client.
pub(crate) fn official_client(version: &str) -> Result<PathBuf> {
    client(&format!("lumetra-engram=={version}"))
}

/// The Python interpreter of an environment with this package and what it asks for.
pub(crate) fn client(package: &str) -> Result<PathBuf> {
    let directory = work_directory("conformance")?.join(package.replace("==", "-"));
    Ok(environment(&directory, &[package])?.join("python"))
}

/// Makes a virtual environment with exactly these packages, unless it is there already, and returns its folder of programs. What is
/// named may also be an option of `pip install`.
pub(crate) fn environment(directory: &Path, packages: &[&str]) -> Result<PathBuf> {
    let programs = directory.join(if cfg!(windows) { "Scripts" } else { "bin" });
    installed_once(directory, packages, || {
        let python = if cfg!(windows) { "python" } else { "python3" };
        run(Command::new(python).args(["-m", "venv"]).arg(directory))
            .context("this task needs Python 3.11 or newer with its `venv` module")?;
        run(Command::new(programs.join("python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(packages))
        .context("this task needs the Python packages listed above")
    })?;
    Ok(programs)
}
