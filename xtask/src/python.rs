//! Python environments of the project's own, below the build directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{installed_once, run, work_directory};

/// The Python interpreter of an environment with this version of the official client.
pub(crate) fn official_client(version: &str) -> Result<PathBuf> {
    client(&[&format!("lumetra-engram=={version}")])
}

/// The Python interpreter of an environment with these packages, named after the first of them.
pub(crate) fn client(packages: &[&str]) -> Result<PathBuf> {
    let name = packages.first().map(|package| package.replace("==", "-")).context("an environment has packages")?;
    Ok(environment(&work_directory("conformance")?.join(name), packages)?.join("python"))
}

/// Makes a virtual environment with exactly these packages, unless it is there already, and returns its folder of programs.
pub(crate) fn environment(directory: &Path, packages: &[&str]) -> Result<PathBuf> {
    let programs = directory.join(if cfg!(windows) { "Scripts" } else { "bin" });
    installed_once(directory, packages, || {
        let python = if cfg!(windows) { "python" } else { "python3" };
        run(Command::new(python).args(["-m", "venv"]).arg(directory))
            .context("this task needs Python 3.10 or newer with its `venv` module")?;
        run(Command::new(programs.join("python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(packages))
        .context("this task needs the Python packages named above")
    })?;
    Ok(programs)
}
