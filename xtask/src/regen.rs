//! `cargo xtask regen`: the files in src/generated, made from the spec or compared with it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use crate::codegen::{self, Generated};
use crate::project::{GENERATED, SPEC, settle};

/// Writes the files of the project in this folder, or compares them.
pub(crate) fn run(project: &Path, check: bool) -> Result<()> {
    let spec = fs::read_to_string(project.join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
    let fresh =
        generate(&spec).with_context(|| format!("no code can be generated from {SPEC}; see `cargo xtask check`"))?;
    let mut diffs = Vec::new();
    for (file, fresh) in fresh.files() {
        diffs.extend(settle(project, &format!("{GENERATED}/{file}"), fresh, check)?);
    }
    ensure!(diffs.is_empty(), "{}\n{GENERATED} is stale: run `cargo xtask regen` and commit it", diffs.concat());
    Ok(())
}

/// Generates the code. The generator panics at much that it does not know; the message of a panic stands in the error, and nothing is
/// printed.
pub(crate) fn generate(spec: &str) -> Result<Generated> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let generated = codegen::generate(spec);
    std::panic::set_hook(hook);
    generated.map_err(|problem| anyhow!("{problem}"))
}
