//! Python environments of the project's own, below the build directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{installed_once, run, work_directory};

/// Makes environments and packages, and installs many times faster than pip.
const UV: &str = "uv==0.13.9";
const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

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
/// named may also be an option of `uv pip install`.
pub(crate) fn environment(directory: &Path, packages: &[&str]) -> Result<PathBuf> {
    installed_once(directory, packages, || {
        run(uv()?.args(["venv", "--quiet", "--clear", "--python", PYTHON]).arg(directory))?;
        run(uv()?.args(["pip", "install", "--quiet", "--python"]).arg(directory).args(packages))
            .context("this task needs the Python packages listed above")
    })?;
    Ok(programs(directory))
}

/// Uv, installed once for all environments.
pub(crate) fn uv() -> Result<Command> {
    let directory = work_directory("uv")?;
    let programs = programs(&directory);
    installed_once(&directory, &[UV], || {
        run(interpreter().args(["-m", "venv"]).arg(&directory))
            .context("this task needs Python 3.11 or newer with its `venv` module")?;
        run(Command::new(programs.join("python")).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            UV,
        ]))
        .context("this task needs the Python package named above")
    })?;
    let mut command = Command::new(programs.join("uv"));
    // It uses the Python that is here.
    command.env("UV_PYTHON_DOWNLOADS", "never");
    Ok(command)
}

/// The Python of this machine.
pub(crate) fn interpreter() -> Command {
    Command::new(PYTHON)
}

fn programs(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) { "Scripts" } else { "bin" })
}
