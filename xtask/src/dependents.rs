//! `cargo xtask dependents`: what a crate gets that depends on `lumetra-engram`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::project::{cargo, metadata, output, root};

/// Crates of the generator, as `cargo tree` prints them. `syn` is none of them: derive macros everywhere use it.
const GENERATOR: [&str; 6] = ["openapiv3 ", "prettyplease ", "progenitor ", "progenitor-impl ", "schemars ", "typify "];

pub(crate) fn check() -> Result<()> {
    no_generator()?;
    minimum_rust_version()
}

/// A dependent with default features builds nothing of the generator.
fn no_generator() -> Result<()> {
    let probe = tempfile::tempdir()?;
    let dependency = format!("lumetra-engram = {{ path = \"{}\" }}\n", root().display().to_string().replace('\\', "/"));
    write_dependent(probe.path(), &dependency, "lib.rs", "", &root().join("Cargo.lock"))?;
    let arguments = ["tree", "--edges", "normal,build", "--prefix", "none", "--target", "all"];
    let tree = String::from_utf8(output(&mut cargo(probe.path(), &arguments))?.stdout)?;
    ensure!(tree.contains("lumetra-engram v") && tree.contains("progenitor-client v"), "not a dependent:\n{tree}");
    for name in GENERATOR {
        let found = tree.lines().find(|line| line.starts_with(name));
        ensure!(found.is_none(), "a dependent builds a crate of the generator: {found:?}");
    }
    let crates: std::collections::BTreeSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    println!("a dependent builds {} crates at most, none of the generator", crates.len());
    Ok(())
}

/// Writes a package of its own, with these versions where it needs the same crates; cargo drops those that it does not.
pub(crate) fn write_dependent(
    directory: &Path,
    dependencies: &str,
    source_name: &str,
    source: &str,
    lock: &Path,
) -> Result<()> {
    let manifest = format!(
        "[package]\nname = \"dependent\"\nversion = \"0.0.0\"\nedition = \"2024\"\nrust-version = \"1.88\"\n\n\
         [dependencies]\n{dependencies}\n[profile.release]\nstrip = true\n\n[workspace]\n"
    );
    fs::write(directory.join("Cargo.toml"), manifest)?;
    fs::copy(lock, directory.join("Cargo.lock"))?;
    fs::create_dir(directory.join("src"))?;
    fs::write(directory.join("src").join(source_name), source)?;
    Ok(())
}

/// No locked dependency declares a newer Rust than ours. Our own code is held to it by clippy's `incompatible_msrv`.
fn minimum_rust_version() -> Result<()> {
    let metadata = metadata(root(), &["--locked"])?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let own = packages.iter().find(|package| package["name"] == "lumetra-engram");
    let ours = own.and_then(rust_version).context("lumetra-engram declares no rust-version")?;
    for package in packages {
        if let Some(theirs) = rust_version(package) {
            ensure!(theirs <= ours, "{} {} needs Rust {theirs:?}", package["name"], package["version"]);
        }
    }
    println!("{} packages keep to Rust 1.{}", packages.len(), ours.1);
    Ok(())
}

fn rust_version(package: &Value) -> Option<(u32, u32)> {
    let mut numbers = package["rust_version"].as_str()?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
