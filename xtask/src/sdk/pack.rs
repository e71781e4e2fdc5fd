//! SDKs as packages that install without this project. The same SDK gives the same bytes.

use std::path::Path;

use anyhow::{Context, Result};

use crate::project::{root, run};
use crate::{node, python};

/// A wheel and an sdist.
pub(super) fn python(folder: &Path, out: &Path) -> Result<()> {
    run(python::uv()?.args(["build", "--quiet", "--no-create-gitignore", "--out-dir"]).arg(out).arg(folder))
}

/// A package for npm.
pub(crate) fn npm(folder: &Path, out: &Path) -> Result<()> {
    run(node::npm(&["pack", "--silent", "--pack-destination"]).arg(out).arg(folder))
}

/// The folder, for languages whose packages are made by tools that may not be here.
pub(crate) fn archive(folder: &Path, out: &Path) -> Result<()> {
    let name = folder.file_name().context("the folder has no name")?.to_string_lossy();
    let archive = out.join(format!("{name}.tar.gz"));
    run(python::interpreter().arg(root().join("xtask/sdk/archive.py")).arg(folder).arg(archive))
}
