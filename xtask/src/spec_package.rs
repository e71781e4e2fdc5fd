//! `cargo xtask spec-package`: the spec as a package, and the SDKs made from it as packages of their languages. Nothing is uploaded.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::project::{GENERATED, SPEC, emptied_folder, root, target_directory};
use crate::{docs, sdk};

pub(crate) const NAME: &str = "lumetra-engram-openapi";
/// Stands for the spec's version in the files of packages.
const VERSION: &str = "VERSION";

pub(crate) fn run() -> Result<()> {
    let out = make()?;
    for file in fs::read_dir(&out)?.collect::<Result<Vec<_>, _>>()? {
        println!("{:>9}  {}", file.metadata()?.len(), file.path().display());
    }
    Ok(())
}

/// Makes all packages, and returns their folder.
pub(crate) fn make() -> Result<PathBuf> {
    let out = target_directory()?.join("dist/spec");
    emptied_folder(&out)?;
    let folder = out.join(format!("{NAME}-{}", version()?));
    write(&folder)?;
    sdk::archive(&folder, &out)?;
    sdk::npm_package(&folder, &out)?;
    sdk::packages(&out)?;
    Ok(out)
}

/// Writes the spec with all that comes with it, and returns the path of the reference page.
pub(crate) fn write(folder: &Path) -> Result<PathBuf> {
    lay_out("spec-package", folder)?;
    let spec_folder = Path::new(SPEC).with_file_name("");
    let files = [
        (SPEC.to_owned(), "engram.yaml"),
        (format!("{GENERATED}/openapi.json"), "engram.json"),
        (spec_folder.join("README.md").display().to_string(), "README.md"),
        (spec_folder.join("CHANGELOG.md").display().to_string(), "CHANGELOG.md"),
    ];
    for (from, to) in files {
        fs::copy(root().join(&from), folder.join(to)).with_context(|| format!("cannot copy {from}"))?;
    }
    docs::write(&folder.join("reference"))
}

/// Writes the files of this folder of `xtask/`, with the spec's version in them, and the licence.
pub(crate) fn lay_out(own: &str, folder: &Path) -> Result<()> {
    let own = root().join("xtask").join(own);
    let version = version()?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::copy(root().join("LICENSE"), folder.join("LICENSE")).context("cannot copy LICENSE")?;
    for file in sdk::files(&own)? {
        let text = fs::read_to_string(own.join(&file)).with_context(|| format!("cannot read {file}"))?;
        let path = folder.join(&file);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, text.replace(VERSION, &version)).with_context(|| format!("cannot write {file}"))?;
    }
    Ok(())
}

/// The spec's version.
pub(crate) fn version() -> Result<String> {
    let text = fs::read_to_string(root().join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
    let spec: Value = serde_saphyr::from_str(&text).with_context(|| format!("{SPEC} is not valid YAML"))?;
    Ok(spec["info"]["version"].as_str().context("the spec has no version")?.to_owned())
}
