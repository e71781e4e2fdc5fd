//! cli/THIRD-PARTY-NOTICES.txt: the licences of all that is in the programs, collected by cargo-about. It is in the repository, since
//! compiling and running that takes minutes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use toml_edit::DocumentMut;

use crate::project::{cargo, installed_once, output, root, run, work_directory};

const ABOUT: &str = "cargo-about@0.9.3";
const CONFIGURATION: &str = "xtask/dist/about.toml";
const NOTICES: &str = "cli/THIRD-PARTY-NOTICES.txt";
/// What is in the programs and in no other crate: what it is, and its notice.
const MORE: [(&str, &str); 2] = [
    ("The model that makes embeddings in the programs", "model/weights-1/NOTICE"),
    ("d3-dispatch, d3-force, d3-quadtree and d3-timer, in the page of engram-local", "local/page/vendor/LICENSE"),
];

pub(super) fn write() -> Result<()> {
    let collected = work_directory("dist")?.join("collected.txt");
    let mut about = Command::new(cargo_about()?);
    about.args(["generate", "--locked", "--offline", "--fail", "--manifest-path", "cli/Cargo.toml"]);
    about.args(["--config", CONFIGURATION, "xtask/dist/about.hbs", "--output-file"]).arg(&collected);
    run(about.current_dir(root()))?;
    let mut text = fs::read_to_string(&collected)?.replace("\r\n", "\n");
    // So begin the standard texts of licences without a name in them.
    for gap in ["Copyright (c) <year> <owner>", "Copyright <year> <owner>"] {
        ensure!(
            !text.contains(gap),
            "a licence of {CONFIGURATION} was not found: are its checksums those of Cargo.lock?"
        );
    }
    for (what, file) in MORE {
        let notice = fs::read_to_string(root().join(file)).with_context(|| format!("cannot read {file}"))?;
        text.push_str(&format!("{what}\n\n{notice}\n{}\n", "=".repeat(80)));
    }
    fs::write(root().join(NOTICES), text).with_context(|| format!("cannot write {NOTICES}"))?;
    check()
}

/// Every crate that is linked into a program has its licence there.
pub(super) fn check() -> Result<()> {
    let notices = fs::read_to_string(root().join(NOTICES)).with_context(|| format!("cannot read {NOTICES}"))?;
    let named: Vec<&str> = notices.lines().filter_map(|line| line.strip_prefix("- ")?.split(", ").next()).collect();
    let missing: Vec<_> = linked()?.into_iter().filter(|krate| !named.contains(&&**krate)).collect();
    ensure!(missing.is_empty(), "{NOTICES} misses {}: `cargo xtask dist --notices`", missing.join(", "));
    Ok(())
}

/// What others made, as name and version.
fn linked() -> Result<Vec<String>> {
    let configuration: DocumentMut = fs::read_to_string(root().join(CONFIGURATION))?.parse()?;
    let systems = configuration["targets"].as_array().context("the configuration has no targets")?;
    let mut tree = cargo(root(), &["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    tree.args(["--package", "lumetra-engram-cli", "--package", "lumetra-engram-local"]);
    tree.args(systems.iter().filter_map(|system| system.as_str()).flat_map(|system| ["--target", system]));
    let printed = String::from_utf8(output(&mut tree)?.stdout)?;
    let krates = printed.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?.strip_prefix('v')?))
    });
    let mut krates: Vec<_> = krates.filter(|krate| !krate.starts_with("lumetra-engram")).collect();
    krates.sort();
    krates.dedup();
    ensure!(krates.len() > 100, "`cargo tree` names too few crates:\n{printed}");
    Ok(krates)
}

fn cargo_about() -> Result<PathBuf> {
    let directory = work_directory("dist")?.join("cargo-about");
    installed_once(&directory, &[ABOUT], || {
        let install = ["install", "--locked", "--features", "cli", ABOUT, "--root"];
        run(cargo(root(), &install).arg(&directory))
    })?;
    Ok(directory.join("bin").join(format!("cargo-about{}", std::env::consts::EXE_SUFFIX)))
}
