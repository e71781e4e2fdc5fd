//! Where things are, and how commands are run.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::de::DeserializeOwned;
use serde_json::Value;
use similar::TextDiff;

/// The spec of the API, from the root of the project.
pub(crate) const SPEC: &str = "openapi/engram.yaml";
/// The folder of the code generated from it.
pub(crate) const GENERATED: &str = "src/generated";

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."))
}

/// Cargo, to be run in `directory`.
pub(crate) fn cargo(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(directory).args(arguments);
    command
}

/// Git, to be run in `directory`.
pub(crate) fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory);
    command
}

/// A copy of the project for this task, below the build directory: always in the same place, so that a build of it is not kept twice.
pub(crate) fn fresh_copy(task: &str) -> Result<PathBuf> {
    let copy = emptied(&format!("{task}/copy"))?;
    copy_project(&copy)?;
    Ok(copy)
}

/// A folder for this task below the build directory, empty. What is built there has the profiles of .cargo/config.toml, and so shares
/// dependencies with the workspace.
pub(crate) fn emptied(task: &str) -> Result<PathBuf> {
    let directory = work_directory(task)?;
    emptied_folder(&directory)?;
    Ok(directory)
}

/// Makes the folder, or empties it.
pub(crate) fn emptied_folder(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| format!("cannot empty {}", directory.display()))?;
    }
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))
}

/// Writes a file of the project that is made anew, or returns how it differs where it is only to be compared.
pub(crate) fn settle(project: &Path, name: &str, fresh: &str, check: bool) -> Result<Option<String>> {
    let path = project.join(name);
    // A file that is not there yet is as stale as one can be.
    let committed = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    if committed == fresh {
        println!("{name} is up to date");
    } else if check {
        let diff = TextDiff::from_lines(committed.as_str(), fresh);
        return Ok(Some(diff.unified_diff().header(name, "made anew").to_string()));
    } else {
        fs::create_dir_all(path.parent().unwrap_or(project))?;
        fs::write(&path, fresh).with_context(|| format!("cannot write {name}"))?;
        println!("wrote {name}");
    }
    Ok(None)
}

/// The spec.
pub(crate) fn spec() -> Result<Value> {
    let text = fs::read_to_string(root().join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
    serde_saphyr::from_str(&text).with_context(|| format!("{SPEC} is not valid YAML"))
}

/// Copies the files of the project that git knows or would add.
pub(crate) fn copy_project(copy: &Path) -> Result<()> {
    let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let files = output(git(root()).args(listing))?.stdout;
    for file in String::from_utf8(files)?.split_terminator('\0') {
        let (from, to) = (root().join(file), copy.join(file));
        // A file may be deleted but still known.
        if from.is_file() {
            fs::create_dir_all(to.parent().context("a file has a folder")?)?;
            fs::copy(&from, &to).with_context(|| format!("cannot copy {file}"))?;
        }
    }
    Ok(())
}

/// The files in the folder and the folders in it, by their paths from there, with `/` on every system.
pub(crate) fn files(folder: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(inner) = waiting.pop() {
        let path = folder.join(&inner);
        for entry in fs::read_dir(&path).with_context(|| format!("cannot read the folder {}", path.display()))? {
            let entry = entry?;
            let inner = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                waiting.push(inner);
            } else {
                found.insert(inner.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(found)
}

/// What `cargo metadata` says of the project in `directory`.
pub(crate) fn metadata(directory: &Path, arguments: &[&str]) -> Result<Value> {
    let mut command = cargo(directory, &["metadata", "--format-version", "1"]);
    let output = output(command.args(arguments).stderr(Stdio::inherit()))?;
    serde_json::from_slice(&output.stdout).context("cargo metadata does not print JSON")
}

/// Cargo's build directory.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let metadata = metadata(root(), &["--no-deps"])?;
    metadata["target_directory"].as_str().map(PathBuf::from).context("cargo metadata has no target directory")
}

/// A folder for this task below the build directory, made if need be.
pub(crate) fn work_directory(task: &str) -> Result<PathBuf> {
    let directory = target_directory()?.join("xtask").join(task);
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    Ok(directory)
}

/// Installs these packages in the directory, emptied first, unless just these were installed there before. Another process that needs them
/// meanwhile waits.
pub(crate) fn installed_once(directory: &Path, packages: &[&str], install: impl FnOnce() -> Result<()>) -> Result<()> {
    let lock = directory.with_extension("lock");
    let lock = File::create(&lock).with_context(|| format!("cannot write {}", lock.display()))?;
    wait_for(&lock)?;
    let (marker, wanted) = (directory.join("installed"), packages.join("\n"));
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    emptied_folder(directory)?;
    install()?;
    fs::write(&marker, wanted).with_context(|| format!("cannot write {}", marker.display()))
}

/// The lock is let go of with the file.
#[expect(
    clippy::incompatible_msrv,
    reason = "The built-in model needs Rust 1.89 too, and so does the whole workspace."
)]
fn wait_for(lock: &File) -> Result<()> {
    Ok(lock.lock()?)
}

/// Runs the command, whose output is shown; fails where it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", name(command)))?;
    ensure!(status.success(), "`{}` failed: {status}", display(command));
    Ok(())
}

/// Runs the command and returns its output; fails where it fails.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("cannot run {}", name(command)))?;
    if !output.status.success() {
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("`{}` failed: {}\n{stdout}{stderr}", display(command), output.status);
    }
    Ok(output)
}

/// Runs the command, which must fail, and returns what it printed.
pub(crate) fn failure(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {}", name(command)))?;
    ensure!(!output.status.success(), "`{}` passed, and should have failed", display(command));
    Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// What a program printed as JSON.
pub(crate) fn json<T: DeserializeOwned>(text: &[u8]) -> Result<T> {
    serde_json::from_slice(text).with_context(|| format!("not as expected: {}", String::from_utf8_lossy(text)))
}

fn name(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    format!("{program} (is it installed?)")
}

fn display(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program()).to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_file_is_found_and_the_difference_shows_what_went() {
        let directory = tempfile::tempdir().unwrap();
        let (project, name) = (directory.path(), "api/library.txt");
        settle(project, name, "pub fn kept()\npub fn removed()\n", false).unwrap();

        let difference = settle(project, name, "pub fn kept()\n", true).unwrap().unwrap();

        assert!(difference.contains("--- api/library.txt"), "{difference}");
        assert!(difference.contains("-pub fn removed()"), "{difference}");
        assert_eq!(
            fs::read_to_string(project.join(name)).unwrap(),
            "pub fn kept()\npub fn removed()\n",
            "a check wrote something"
        );
        assert_eq!(settle(project, name, "pub fn kept()\npub fn removed()\n", true).unwrap(), None);
    }
}
