//! `cargo xtask package`: the crates as they are published, and a project that has them from there.

mod manifests;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::project::{cargo, emptied, fresh_copy, output, root, run, target_directory};
pub(crate) use manifests::{Crate, named_by_owner, published};

/// What crates.io takes.
const MOST_BYTES: u64 = 10 * 1024 * 1024;
/// What each crate brings beside its code.
const PAGES: [&str; 3] = ["CHANGELOG.md", "LICENSE", "README.md"];
/// A workspace of its own, and the crates that it takes from the other one.
const RIG: &str = "integrations/rig";
const OF_RIG: [&str; 2] = ["lumetra-engram", "lumetra-engram-tools"];

/// A dependent outside the workspace: a project with the unpacked crates in `crates/`.
pub(crate) struct Dependent {
    pub(crate) folder: PathBuf,
    pub(crate) version: String,
    /// The crate of rig.
    pub(crate) rig: PathBuf,
}

/// Packages every crate and prints how large it is.
pub(crate) fn package() -> Result<()> {
    Dependent::new()?;
    if let Err(reminder) = named_by_owner() {
        println!("reminder: {reminder:#}");
    }
    Ok(())
}

impl Dependent {
    /// Packages the crates and unpacks them in a folder of their own; nothing is compiled yet.
    pub(crate) fn new() -> Result<Self> {
        let folder = emptied("package")?;
        let (crates, rig) = (published(root())?, published(&root().join(RIG))?);
        let names: Vec<_> = crates.iter().flat_map(|each| ["--package", &each.name]).collect();
        run(cargo(root(), &["package", "--quiet", "--no-verify", "--allow-dirty"]).args(names))?;
        crates.iter().try_for_each(|each| unpack(each, &folder))?;
        let patches = folder.join("patches.toml");
        fs::write(&patches, patch(&folder, crates.iter().filter(|each| OF_RIG.contains(&each.name.as_str()))))?;
        // In a copy, since cargo notes in Cargo.lock that it had settings.
        run(cargo(
            &fresh_copy("package-rig")?.join(RIG),
            &["package", "--quiet", "--no-verify", "--allow-dirty", "--target-dir"],
        )
        .arg(target_directory()?)
        .arg("--config")
        .arg(&patches))?;
        rig.iter().try_for_each(|each| unpack(each, &folder))?;
        let ours = crates.iter().find(|each| each.name == "lumetra-engram").context("the client is not published")?;
        let of_rig = rig.first().context("no crate for rig is published")?;
        let rig = folder.join("crates").join(of_rig.to_string());
        let dependent = Self { folder, version: ours.version.clone(), rig };
        dependent.write(&crates)?;
        Ok(dependent)
    }

    /// As a user writes it, but for a setting that says where the crates are.
    fn write(&self, crates: &[Crate]) -> Result<()> {
        for (from, to) in [("lib.rs", "src"), ("preference.rs", "tests")] {
            fs::create_dir_all(self.folder.join(to))?;
            fs::copy(root().join("xtask/package").join(from), self.folder.join(to).join(from))?;
        }
        fs::create_dir_all(self.folder.join(".cargo"))?;
        let libraries = crates.iter().filter(|each| each.name != "lumetra-engram-cli");
        fs::write(self.folder.join(".cargo/config.toml"), patch(&self.folder, libraries))?;
        fs::copy(root().join("Cargo.lock"), self.folder.join("Cargo.lock"))?;
        Ok(())
    }

    /// Writes its manifest with these lines among the dependencies, these among those of its tests, and these crates in its workspace.
    pub(crate) fn write_manifest(&self, dependencies: &str, of_tests: &str, members: &[String]) -> Result<()> {
        let version = &self.version;
        let manifest = format!(
            "[package]\nname = \"dependent\"\nversion = \"0.0.0\"\nedition = \"2024\"\nrust-version = \"1.88\"\n\n\
             [dependencies]\n{dependencies}\
             lumetra-engram = {{ version = \"{version}\", features = [\"blocking\", \"schemars\"] }}\n\n\
             [dev-dependencies]\n{of_tests}\
             lumetra-engram-local = {{ version = \"{version}\", default-features = false }}\n\
             tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n\
             [workspace]\nmembers = {members:?}\n"
        );
        Ok(fs::write(self.folder.join("Cargo.toml"), manifest)?)
    }

    /// The client and the local server do from these crates what they do from a clone.
    pub(crate) fn test(&self) -> Result<()> {
        self.write_manifest("", &shared_features(), &[])?;
        let mut command = cargo(&self.folder, &["test", "--quiet", "--package", "dependent", "--target-dir"]);
        run(command.arg(target_directory()?)).context("the packaged crates do not work in a project outside")?;
        println!("a dependent of the packaged crates passes its test");
        Ok(())
    }
}

/// A line of a manifest. With it much need not be compiled anew; what features the crates themselves ask for is shown by a build without.
pub(crate) fn shared_features() -> String {
    let path = root().join("dev/features").display().to_string().replace('\\', "/");
    format!("lumetra-engram-features = {{ path = \"{path}\" }}\n")
}

fn unpack(each: &Crate, folder: &Path) -> Result<()> {
    let file = target_directory()?.join("package").join(format!("{each}.crate"));
    let bytes = fs::metadata(&file).with_context(|| format!("no {}", file.display()))?.len();
    ensure!(bytes < MOST_BYTES, "{each}.crate has {bytes} bytes: crates.io takes {MOST_BYTES}");
    let crates = folder.join("crates");
    fs::create_dir_all(&crates)?;
    output(Command::new("tar").arg("-xzf").arg(&file).arg("-C").arg(&crates)).context("this task needs `tar`")?;
    let unpacked = crates.join(each.to_string());
    for page in PAGES {
        let text = fs::read_to_string(unpacked.join(page)).with_context(|| format!("{each} has no {page}"))?;
        // Where links are checked out as files, such a file holds a path.
        ensure!(text.lines().count() > 1, "{each}: {page} is a link that was not followed");
    }
    println!("{bytes:>8} bytes  {each}.crate");
    Ok(())
}

/// Settings of cargo: each crate is the unpacked one.
fn patch<'a>(folder: &Path, crates: impl Iterator<Item = &'a Crate>) -> String {
    let folder = folder.display().to_string().replace('\\', "/");
    let line = |each: &Crate| format!("{} = {{ path = \"{folder}/crates/{each}\" }}\n", each.name);
    std::iter::once("[patch.crates-io]\n".to_owned()).chain(crates.map(line)).collect()
}
