//! `cargo xtask regen`: src/generated.rs, made from the description or compared with it.

use std::fs;

use anyhow::{Context, Result, anyhow, bail};
use similar::TextDiff;

use crate::codegen;
use crate::project::{GENERATED, SPEC, root};

pub(crate) fn run(check: bool) -> Result<()> {
    let spec = fs::read_to_string(root().join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
    let fresh =
        generate(&spec).with_context(|| format!("no code can be generated from {SPEC}; see `cargo xtask check`"))?;
    let path = root().join(GENERATED);
    // A file that is not there yet is as stale as one can be.
    let committed = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    if committed == fresh {
        println!("{GENERATED} is up to date");
        return Ok(());
    }
    if check {
        let diff = TextDiff::from_lines(&committed, &fresh);
        let diff = diff.unified_diff().header(GENERATED, "freshly generated").to_string();
        bail!("{diff}\n{GENERATED} is stale: run `cargo xtask regen` and commit it");
    }
    fs::write(&path, fresh).with_context(|| format!("cannot write {GENERATED}"))?;
    println!("wrote {GENERATED}");
    Ok(())
}

/// Generates the code. The generator panics at much that it does not know; the message of a panic stands in the error, and nothing is
/// printed.
pub(crate) fn generate(spec: &str) -> Result<String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let generated = codegen::generate(spec);
    std::panic::set_hook(hook);
    generated.map_err(|problem| anyhow!("{problem}"))
}
