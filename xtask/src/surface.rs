//! `cargo xtask surface`: the public API of the libraries, as text files in `api/` that show in review what a change of the code
//! means for dependents. With `--check`, a file that is stale fails, and so does a change that the last release does not allow.

mod semver_checks;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;

use crate::project::{cargo, metadata, root, run as run_command, settle, target_directory};

/// The libraries that others depend on.
const LIBRARIES: [&str; 4] = ["lumetra-engram", "lumetra-engram-local", "lumetra-engram-model", "lumetra-engram-tools"];
/// The features of this project alone: the first generates the code that dependents get committed.
const OWN_FEATURES: [&str; 2] = ["codegen", "__fuzzing"];
/// The format of rustdoc's JSON that our version of `public-api` reads, and the Rust versions that write it.
const FORMAT: u64 = 57;
const RUST_VERSIONS: &str = "Rust 1.93 to 1.96";

/// What else of the workspace is left out, since it depends on rmcp, which takes longer than all others and would be compiled anew.
const LEFT_OUT: [&str; 2] = ["lumetra-engram-cli", "lumetra-engram-workspace"];

/// Names the rustdoc whose place this process has taken.
const IN_PLACE_OF: &str = "XTASK_IN_PLACE_OF_RUSTDOC";

pub(crate) fn run(check: bool) -> Result<()> {
    let metadata = metadata(root(), &["--no-deps"])?;
    let features = LIBRARIES.iter().map(|library| Ok((*library, features(&metadata, library)?)));
    let features: Vec<_> = features.collect::<Result<_>>()?;
    document(&features)?;
    let mut stale = Vec::new();
    for (library, features) in features {
        let name = format!("api/{library}.txt");
        let fresh = surface(library, &features).with_context(|| format!("cannot list the public API of {library}"))?;
        stale.extend(settle(root(), &name, &fresh, check)?);
    }
    ensure!(
        stale.is_empty(),
        "{}\nthe public API has changed: where that is meant, run `cargo xtask surface`, review the difference and commit it",
        stale.join("\n")
    );
    if check { semver_checks::check(&LIBRARIES) } else { Ok(()) }
}

/// The public items of the library with all its features, one a line.
fn surface(library: &str, features: &[String]) -> Result<String> {
    let json = target_directory()?.join("doc").join(format!("{}.json", library.replace('-', "_")));
    ensure_format(&fs::read_to_string(&json)?)?;
    // What the compiler decides for every type, and what others implement for all types, says nothing about this library.
    let api =
        public_api::Builder::from_rustdoc_json(json).omit_blanket_impls(true).omit_auto_trait_impls(true).build()?;
    let (features, items) = (features.join(", "), without_trait_methods(&api.to_string()));
    Ok(format!(
        "# The public API of {library} with {features}. Written by `cargo xtask surface`; do not edit.\n{items}"
    ))
}

/// Leaves out the methods that a trait demands of each type that implements it: that it does says all.
fn without_trait_methods(items: &str) -> String {
    let mut implementing = None;
    let mut kept = String::new();
    for line in items.lines() {
        if line.starts_with("impl") {
            let of_type = line.split_once(" for ").map(|(_, rest)| rest.split(" where ").next().unwrap_or(rest));
            implementing = of_type.map(|name| format!(" {name}::"));
        }
        let method = line.contains(" fn ") && implementing.as_ref().is_some_and(|prefix| line.contains(prefix));
        // The compiler's own sign of a derived `PartialEq`.
        if !method && !line.starts_with("impl core::marker::StructuralPartialEq") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// All features that are meant for dependents.
fn features(metadata: &Value, library: &str) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let package = packages.iter().find(|package| package["name"] == library);
    let package = package.with_context(|| format!("there is no package {library}"))?;
    let features: BTreeMap<String, Value> = serde_json::from_value(package["features"].clone())?;
    Ok(features.into_keys().filter(|name| name != "default" && !OWN_FEATURES.contains(&name.as_str())).collect())
}

/// Documents the libraries in JSON, with these features of theirs. Together with the rest of the workspace, so that of other crates nearly
/// all is compiled already. rustdoc's JSON is unstable, and a stable one writes it too where RUSTC_BOOTSTRAP is set. This process takes rustdoc's
/// place to set it: set for cargo, it makes cargo build everything anew.
fn document(features: &[(&str, Vec<String>)]) -> Result<()> {
    let of_library = |(library, features): &(&str, Vec<String>)| {
        features.iter().map(|feature| format!("{library}/{feature}")).collect::<Vec<_>>()
    };
    let features: Vec<_> = features.iter().flat_map(of_library).collect();
    let mut command = cargo(root(), &["doc", "--quiet", "--lib", "--workspace", "--no-deps", "--features"]);
    let rustdoc = std::env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into());
    command
        .arg(features.join(","))
        .args(LEFT_OUT.iter().flat_map(|package| ["--exclude", package]))
        .env("RUSTDOCFLAGS", "-Z unstable-options --output-format json");
    run_command(command.env(IN_PLACE_OF, rustdoc).env("RUSTDOC", std::env::current_exe()?))
}

/// Where this process has taken rustdoc's place, runs rustdoc; of the libraries only.
pub(crate) fn in_place_of_rustdoc() -> Option<ExitCode> {
    let rustdoc = std::env::var_os(IN_PLACE_OF)?;
    let package = std::env::var("CARGO_PKG_NAME");
    if package.is_ok_and(|package| !LIBRARIES.contains(&package.as_str())) {
        return Some(ExitCode::SUCCESS);
    }
    let status = Command::new(rustdoc).args(std::env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status();
    Some(if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `public-api` reads one format, and explains nothing where it meets another.
fn ensure_format(json: &str) -> Result<()> {
    let document: Value = serde_json::from_str(json).map_err(|error| anyhow!("rustdoc wrote no JSON: {error}"))?;
    match document["format_version"].as_u64() {
        Some(FORMAT) => Ok(()),
        other => bail!(
            "this Rust writes rustdoc's JSON in format {}, and the list is made from format {FORMAT}: use {RUST_VERSIONS} \
             (`cargo +1.95 xtask surface`), or a version of `public-api` that reads the other format",
            other.map_or_else(|| "unknown".to_owned(), |format| format.to_string())
        ),
    }
}

#[cfg(test)]
mod tests;
