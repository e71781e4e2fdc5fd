//! What all packages that are made from the spec have: its version, the licence, and files of the project's own.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::project::{files, root, spec};

pub(crate) const NAME: &str = "lumetra-engram-openapi";
/// Stands for the spec's version in the files of packages.
const VERSION: &str = "VERSION";

/// Writes the files of this folder of `xtask/`, with the spec's version in them, and the licence.
pub(crate) fn lay_out(own: &str, folder: &Path) -> Result<()> {
    let own = root().join("xtask").join(own);
    let version = version()?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::copy(root().join("LICENSE"), folder.join("LICENSE")).context("cannot copy LICENSE")?;
    for file in files(&own)? {
        let text = fs::read_to_string(own.join(&file)).with_context(|| format!("cannot read {file}"))?;
        let path = folder.join(&file);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, text.replace(VERSION, &version)).with_context(|| format!("cannot write {file}"))?;
    }
    Ok(())
}

/// The spec's version.
pub(crate) fn version() -> Result<String> {
    Ok(spec()?["info"]["version"].as_str().context("the spec has no version")?.to_owned())
}
