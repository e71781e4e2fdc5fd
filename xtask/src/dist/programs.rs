//! The programs as they are released: optimized, and with nothing of the machine that built them.

use std::env::home_dir;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::project::{cargo, root, run, target_directory};

const BUILD: [&str; 12] = [
    "build",
    "--locked",
    "--profile",
    "dist",
    "--package",
    "lumetra-engram-cli",
    "--package",
    "lumetra-engram-local",
    "--bin",
    "lumetra-engram",
    "--bin",
    "engram-local",
];

/// Builds them, and says in which folder they are.
pub(super) fn optimized() -> Result<PathBuf> {
    let target = target_directory()?;
    // The last one that fits counts.
    let places = [(root().to_owned(), "/lumetra-engram"), (target.clone(), "/target"), (cargo_home()?, "/cargo")];
    let mapped = |option: &str| -> Vec<String> {
        places.iter().map(|(place, name)| format!("{option}={}={name}", place.display())).collect()
    };
    let mut build = cargo(root(), &BUILD);
    build.env("CARGO_ENCODED_RUSTFLAGS", mapped("--remap-path-prefix").join("\x1f"));
    if !cfg!(windows) {
        // For SQLite and aws-lc.
        build.env("CFLAGS", mapped("-ffile-prefix-map").join(" "));
    }
    run(&mut build)?;
    let folder = target.join("dist");
    for name in ["lumetra-engram", "engram-local"] {
        names_none_of(&places, &folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))?;
    }
    Ok(folder)
}

fn cargo_home() -> Result<PathBuf> {
    let default = || Some(home_dir()?.join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(default).context("there is no home directory")
}

fn names_none_of(places: &[(PathBuf, &str)], program: &Path) -> Result<()> {
    let content = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let text = String::from_utf8_lossy(&content);
    for (place, _) in places {
        let place = place.to_string_lossy();
        ensure!(!text.contains(&*place), "{} holds a path of this machine, in {place}", program.display());
    }
    Ok(())
}
