//! What is done to generated files, so that they make a package.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::generators;
use crate::project::{files, run};

/// Says that it has types, which its generator does together with files that are the project's own here.
pub(super) fn python(folder: &Path) -> Result<()> {
    fs::write(folder.join("engram_openapi/py.typed"), "").context("cannot write py.typed")
}

/// Compiles it to JavaScript with declarations, and adds the licence of what Hey API copies into it.
pub(super) fn typescript(folder: &Path) -> Result<()> {
    let packages = generators::typescript()?;
    fs::copy(packages.file("@hey-api/openapi-ts/LICENSE.md"), folder.join("LICENSE-hey-api.md"))
        .context("the licence of Hey API is gone")?;
    run(Command::new(packages.program("tsc")).arg("--project").arg(folder))
}

/// Takes out the one dependency, which would only check patterns of texts.
pub(super) fn go(folder: &Path) -> Result<()> {
    edit(
        folder,
        |file| file.starts_with("model_"),
        |text| {
            ensure!(!text.contains("validate:\""), "it has a pattern, which internal/validator does not check");
            Ok(text.replace("gopkg.in/validator.v2", "example.com/lumetra-engram/openapi/internal/validator"))
        },
    )
}

/// Takes out the repository, which the generator makes up.
pub(super) fn csharp(folder: &Path) -> Result<()> {
    edit(
        folder,
        |file| file.ends_with(".csproj"),
        |text| {
            let lines = text.split_inclusive('\n');
            Ok(lines.filter(|line| !line.trim_start().starts_with("<Repository")).collect())
        },
    )
}

fn edit(folder: &Path, is: impl Fn(&str) -> bool, edit: impl Fn(&str) -> Result<String>) -> Result<()> {
    for file in files(folder)?.into_iter().filter(|file| is(file)) {
        let path = folder.join(&file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
        fs::write(&path, edit(&text).context(file.clone())?).with_context(|| format!("cannot write {file}"))?;
    }
    Ok(())
}
