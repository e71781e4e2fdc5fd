//! Node packages of the project's own, below the build directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{installed_once, output, run};

/// What some packages need, for machines that have an older one. There is a package of it for each system.
const NODE_22: &str = "22.23.3";

/// A folder with Node packages.
pub(crate) struct Packages {
    directory: PathBuf,
}

/// Installs exactly these packages there, unless they are there already. Scripts of packages are not run.
pub(crate) fn packages(directory: &Path, packages: &[&str]) -> Result<Packages> {
    installed_once(directory, packages, || {
        let install = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
        run(npm(&install).arg(directory).args(packages))
            .context("this task needs Node 20 or newer with npm, and the packages listed above")
    })?;
    Ok(Packages { directory: directory.to_owned() })
}

/// Node's package manager.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments);
    command
}

/// Node 22 or newer: that of this machine, or else one of the project's own.
pub(crate) fn node_22(directory: &Path) -> Result<PathBuf> {
    let version = output(Command::new("node").arg("--version"))?.stdout;
    let version = String::from_utf8(version)?;
    let major: u32 = version.trim_start_matches('v').split('.').next().unwrap_or_default().parse()?;
    if major >= 22 {
        return Ok(PathBuf::from("node"));
    }
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win",
        other => other,
    };
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let package = format!("node-{system}-{processor}");
    let packages = packages(directory, &[&format!("{package}@{NODE_22}")])?;
    Ok(packages
        .directory
        .join("node_modules")
        .join(package)
        .join("bin")
        .join(format!("node{}", std::env::consts::EXE_SUFFIX)))
}

impl Packages {
    /// A file that one of the packages brings.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.directory.join("node_modules").join(path)
    }

    /// A program that one of the packages brings.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let name = if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() };
        self.directory.join("node_modules/.bin").join(name)
    }
}
