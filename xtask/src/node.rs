//! Node packages of the project's own, below the build directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{installed_once, run};

/// A folder with Node packages.
pub(crate) struct Packages {
    directory: PathBuf,
}

/// Installs exactly these packages there, unless they are there already. Scripts of packages are not run.
pub(crate) fn packages(directory: &Path, packages: &[&str]) -> Result<Packages> {
    installed_once(directory, packages, || {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let install = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
        run(Command::new(npm).args(install).arg(directory).args(packages))
            .context("this task needs Node 20 or newer with npm, and the packages named above")
    })?;
    Ok(Packages { directory: directory.to_owned() })
}

impl Packages {
    /// A program that one of the packages brings.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let name = if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() };
        self.directory.join("node_modules/.bin").join(name)
    }
}
