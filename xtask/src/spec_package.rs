//! `cargo xtask spec-package`: the spec as a package, and the SDKs made from it as packages of their languages. Nothing is uploaded.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::layout::{NAME, lay_out, version};
use crate::project::{GENERATED, SPEC, emptied_folder, root, target_directory};
use crate::{docs::page, sdk};

pub(crate) fn run() -> Result<()> {
    let out = make()?;
    for file in fs::read_dir(&out)?.collect::<Result<Vec<_>, _>>()? {
        println!("{:>9}  {}", file.metadata()?.len(), file.path().display());
    }
    Ok(())
}

/// Makes all packages, and uses those of SDKs.
pub(crate) fn check() -> Result<()> {
    sdk::prove(&make()?)
}

/// Makes all packages, and returns their folder.
fn make() -> Result<PathBuf> {
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
    page::write(&folder.join("reference"))
}
