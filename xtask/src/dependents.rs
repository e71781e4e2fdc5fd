//! `cargo xtask dependents`: what a crate gets that depends on `lumetra-engram`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use toml_edit::{Array, DocumentMut, value};

use crate::package::{Dependent, shared_features};
use crate::project::{cargo, emptied, fresh_copy, metadata, output, root, run, target_directory};
use crate::rig;

/// Crates of the generator, as `cargo tree` prints them. `syn` is none of them: derive macros everywhere use it.
const GENERATOR: [&str; 6] = ["openapiv3 ", "prettyplease ", "progenitor ", "progenitor-impl ", "schemars ", "typify "];

pub(crate) fn check() -> Result<()> {
    no_generator()?;
    minimum_rust_version()?;
    with_minimum_rust()?;
    let dependent = Dependent::new()?;
    dependent.test()?;
    packaged_rig(&dependent)?;
    newest_versions(&dependent)?;
    oldest_versions()
}

/// A dependent with default features builds nothing of the generator.
fn no_generator() -> Result<()> {
    let probe = tempfile::tempdir()?;
    write_dependent(probe.path(), &dependency("lumetra-engram", root(), "[]"), "lib.rs", "")?;
    fs::copy(root().join("Cargo.lock"), probe.path().join("Cargo.lock"))?;
    let arguments = ["tree", "--edges", "normal,build", "--prefix", "none", "--target", "all"];
    let tree = String::from_utf8(output(&mut cargo(probe.path(), &arguments))?.stdout)?;
    ensure!(tree.contains("lumetra-engram v") && tree.contains("progenitor-client v"), "not a dependent:\n{tree}");
    for name in GENERATOR {
        let found = tree.lines().find(|line| line.starts_with(name));
        ensure!(found.is_none(), "a dependent builds a crate of the generator: {found:?}");
    }
    let crates: BTreeSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    println!("a dependent builds {} crates at most, none of the generator", crates.len());
    Ok(())
}

/// A program that is to install a crypto provider, and does not, gets an error that says how.
pub(crate) fn no_crypto_provider() -> Result<()> {
    let folder = emptied("dependents/no-provider")?;
    let client = dependency("lumetra-engram", root(), "[\"http2\", \"rustls-no-provider\"], default-features = false");
    let source = fs::read_to_string(root().join("xtask/package/no_provider.rs"))?;
    write_dependent(&folder, &(client + &shared_features()), "main.rs", &source)?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut command = cargo(&folder, &["run", "--quiet", "--target-dir"]);
    let printed = String::from_utf8(output(command.arg(target_directory()?))?.stdout)?;
    ensure!(printed.contains("call `install_default`"), "it does not say what to do, but: {printed:?}");
    println!("{printed}");
    Ok(())
}

/// A dependent of the packaged crate of rig compiles. It needs a newer Rust than the others do. With what the tests of that crate depend on,
/// all but the packaged crates has been compiled for them.
fn packaged_rig(dependent: &Dependent) -> Result<()> {
    let folder = emptied("dependents/rig")?;
    let server =
        format!("lumetra-engram-local = {{ version = \"{}\", default-features = false }}\n", dependent.version);
    let of_tests = [shared_features(), server, rig::dependencies_of_tests()?].concat();
    let dependencies = dependency("rig-engram", &dependent.rig, "[]") + &of_tests;
    write_dependent(&folder, &dependencies, "lib.rs", "")?;
    fs::copy(root().join(rig::DIRECTORY).join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut command = cargo(&folder, &["check", "--quiet", "--config"]);
    command.arg(dependent.folder.join(".cargo/config.toml")).arg("--target-dir").arg(target_directory()?);
    run(&mut command).context("the packaged crate of rig does not compile")?;
    println!("the packaged crate of rig compiles");
    Ok(())
}

/// The packaged crates build with the newest version of everything, and the libraries keep no other crate back.
fn newest_versions(dependent: &Dependent) -> Result<()> {
    let version = &dependent.version;
    let libraries = ["local", "tools"].map(|name| format!("lumetra-engram-{name} = \"{version}\"\n")).concat();
    // A crate of theirs once wanted an older one than this.
    dependent.write_manifest(&format!("thiserror = \"2.0.21\"\n{libraries}"), "", &[])?;
    // Whatever Rust they need: only so it is the newest of everything.
    let newest = |arguments: &[&str]| {
        run(cargo(&dependent.folder, arguments).env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "allow"))
    };
    newest(&["generate-lockfile", "--quiet"]).context("the packaged libraries keep another crate back")?;
    let libraries = libraries + &shared_features();
    dependent.write_manifest(&libraries, "", &[format!("crates/lumetra-engram-cli-{version}")])?;
    newest(&["generate-lockfile", "--quiet"])?;
    let target = target_directory()?.display().to_string();
    newest(&["check", "--quiet", "--workspace", "--target-dir", &target])
        .context("the packaged crates do not build with the newest version of everything")?;
    println!("the packaged libraries and the program build with the newest version of everything");
    Ok(())
}

/// What the manifests name as the oldest version of each crate is enough. Resolved by an option that only a nightly cargo takes.
fn oldest_versions() -> Result<()> {
    let copy = fresh_copy("dependents")?;
    only_published(&copy.join("Cargo.toml"))?;
    run(cargo(&copy, &["update", "--quiet", "-Zdirect-minimal-versions"]).env("RUSTC_BOOTSTRAP", "1"))
        .context("the oldest versions that the manifests name contradict each other")?;
    let packages =
        ["--package", "lumetra-engram", "--package", "lumetra-engram-local", "--package", "lumetra-engram-tools"];
    let mut command = cargo(&copy, &[&["check", "--quiet", "--locked"], &packages[..]].concat());
    command.args(["--features", "lumetra-engram/blocking,lumetra-engram/schemars"]);
    run(command.arg("--target-dir").arg(target_directory()?)).context("a version that a manifest names is too old")?;
    println!("the crates build with the oldest versions that their manifests name");
    Ok(())
}

/// Takes the tasks and all that is for development only out of the workspace: they need newer versions than dependents do.
fn only_published(manifest: &Path) -> Result<()> {
    let mut document: DocumentMut = fs::read_to_string(manifest)?.parse()?;
    let workspace = document["workspace"].as_table_mut().context("the manifest has no workspace")?;
    workspace.remove("default-members");
    workspace["members"] = value(Array::from_iter([".", "local", "tools"]));
    let tests = document["dev-dependencies"].as_table_mut().context("the manifest has no dev-dependencies")?;
    tests.remove("lumetra-engram-features");
    Ok(fs::write(manifest, document.to_string())?)
}

/// A line of a manifest.
fn dependency(name: &str, path: &Path, features: &str) -> String {
    let path = path.display().to_string().replace('\\', "/");
    format!("{name} = {{ path = \"{path}\", features = {features} }}\n")
}

/// Writes a package of its own.
pub(crate) fn write_dependent(directory: &Path, dependencies: &str, source_name: &str, source: &str) -> Result<()> {
    let manifest = format!(
        "[package]\nname = \"dependent\"\nversion = \"0.0.0\"\nedition = \"2024\"\nrust-version = \"1.88\"\n\n\
         [dependencies]\n{dependencies}\n[profile.release]\nstrip = true\n\n[workspace]\n"
    );
    fs::write(directory.join("Cargo.toml"), manifest)?;
    fs::create_dir(directory.join("src"))?;
    fs::write(directory.join("src").join(source_name), source)?;
    Ok(())
}

/// The one crate that needs a newer Rust, and says so; a feature of the local server.
const NEWER: &str = "lumetra-engram-model";

/// No locked dependency declares a newer Rust than ours. Our own code is held to it by clippy's `incompatible_msrv`.
fn minimum_rust_version() -> Result<()> {
    let metadata = metadata(root(), &["--locked"])?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let own = packages.iter().find(|package| package["name"] == "lumetra-engram");
    let ours = own.and_then(rust_version).context("lumetra-engram declares no rust-version")?;
    let needed = without_newer(&metadata).context("cargo metadata resolves nothing")?;
    let packages: Vec<&Value> =
        packages.iter().filter(|package| package["id"].as_str().is_some_and(|id| needed.contains(id))).collect();
    for package in &packages {
        if let Some(theirs) = rust_version(package) {
            ensure!(theirs <= ours, "{} {} needs Rust {theirs:?}", package["name"], package["version"]);
        }
    }
    println!("{} packages keep to Rust 1.{}", packages.len(), ours.1);
    Ok(())
}

/// Where rustup has the minimum version, the client and all that its tests need compile with it.
fn with_minimum_rust() -> Result<()> {
    let metadata = metadata(root(), &["--no-deps"])?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let own = packages.iter().find(|package| package["name"] == "lumetra-engram");
    let version =
        own.and_then(|own| own["rust_version"].as_str()).context("lumetra-engram declares no rust-version")?;
    let listed = Command::new("rustup").args(["toolchain", "list"]).output();
    let listed = listed.map(|listed| String::from_utf8_lossy(&listed.stdout).into_owned()).unwrap_or_default();
    let Some(toolchain) = toolchain_of(&listed, version) else {
        println!(
            "not compiled with Rust {version}, which is not at hand: `rustup toolchain install {version}` gets it"
        );
        return Ok(());
    };
    let mut command = Command::new("rustup");
    command.current_dir(root()).args(["run", toolchain, "cargo", "check", "--quiet", "--locked"]);
    command.args([
        "--package",
        "lumetra-engram",
        "--package",
        "lumetra-engram-tools",
        "--features",
        "blocking,schemars",
    ]);
    // cargo has told this process which compiler it is.
    command.env_remove("RUSTC").env_remove("RUSTDOC").env_remove("RUSTUP_TOOLCHAIN").arg("--target-dir");
    run(command.arg(target_directory()?)).with_context(|| format!("it does not compile with Rust {version}"))?;
    println!("the client and the tools compile with Rust {version}");
    Ok(())
}

/// That of this version, whatever its last number.
fn toolchain_of<'a>(listed: &'a str, version: &str) -> Option<&'a str> {
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    names
        .into_iter()
        .find(|name| name.strip_prefix(version).is_some_and(|rest| rest.starts_with(['.', '-']) || rest.is_empty()))
}

/// The ids of the packages that the workspace needs without that crate.
fn without_newer(metadata: &Value) -> Option<BTreeSet<&str>> {
    let is_newer = |id: &str| id.contains(NEWER);
    let nodes = metadata["resolve"]["nodes"].as_array()?;
    let members = metadata["workspace_members"].as_array()?;
    let mut open: Vec<&str> = members.iter().filter_map(Value::as_str).filter(|id| !is_newer(id)).collect();
    let mut needed = BTreeSet::new();
    while let Some(id) = open.pop() {
        if needed.insert(id) {
            let node = nodes.iter().find(|node| node["id"] == id)?;
            open.extend(node["dependencies"].as_array()?.iter().filter_map(Value::as_str).filter(|id| !is_newer(id)));
        }
    }
    Some(needed)
}

fn rust_version(package: &Value) -> Option<(u32, u32)> {
    let mut numbers = package["rust_version"].as_str()?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::toolchain_of;

    #[test]
    fn a_toolchain_is_that_of_the_version_and_no_longer_one() {
        let listed = "stable-x86_64-unknown-linux-gnu (active, default)\n1.880.0-x86_64\n1.88.0-x86_64\n";
        assert_eq!(toolchain_of(listed, "1.88"), Some("1.88.0-x86_64"));
        assert_eq!(toolchain_of("1.88-aarch64 (default)\n", "1.88"), Some("1.88-aarch64"));
        assert_eq!(toolchain_of("no installed toolchains\n", "1.88"), None);
    }
}
