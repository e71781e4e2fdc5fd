//! Uses the packages as people do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::mcp::{self, Memory};
use crate::project::{emptied, output, run};
use crate::python;
use crate::server::Server;

/// The name of the Debian package.
const PACKAGE: &str = "lumetra-engram";

pub(super) fn of(packages: &Path) -> Result<()> {
    let archive = one_of(packages, &[".tar.gz", ".zip"])?.context("no archive was made")?;
    let folder = unpacked(&archive)?;
    let program = |name| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    use_both(&program("lumetra-engram"), &program("engram-local"))?;
    println!("the archive works");
    if let Some(wheel) = one_of(packages, &[".whl"])? {
        use_wheel(&wheel, &program("engram-local"))?;
        println!("the wheel works");
    }
    match one_of(packages, &[".deb"])? {
        Some(package) => use_debian(&package),
        None => Ok(()),
    }
}

fn one_of(packages: &Path, endings: &[&str]) -> Result<Option<PathBuf>> {
    let files = fs::read_dir(packages)?.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    let ends = |file: &PathBuf| endings.iter().any(|ending| file.to_string_lossy().ends_with(ending));
    Ok(files.into_iter().find(ends))
}

/// The folder that the archive has.
fn unpacked(archive: &Path) -> Result<PathBuf> {
    let directory = emptied("dist/unpacked")?;
    run(Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(&directory))?;
    let folder = fs::read_dir(&directory)?.next().context("the archive is empty")??.path();
    let files =
        ["LICENSE", "README.md", "THIRD-PARTY-NOTICES.txt", "man/man1/lumetra-engram-ask.1", "man/man1/engram-local.1"];
    for file in files.into_iter().chain(["completions/_lumetra-engram", "completions/engram-local.bash"]) {
        ensure!(folder.join(file).metadata().is_ok_and(|file| file.len() > 0), "the archive has no {file}");
    }
    Ok(folder)
}

/// Starts the server, in memory.
fn serve(server: &Path) -> Result<Server> {
    Server::run(Command::new(server).args(["--in-memory", "--listen", "127.0.0.1:0"]).env("RUST_LOG", "warn"))
}

/// Stores in the server what the command line is then asked for.
fn use_both(engram: &Path, server: &Path) -> Result<()> {
    let serving = serve(server)?;
    let address = serving.base_url.trim_start_matches("http://");
    run(Command::new(server).args(["health", address]))?;
    let ask = |arguments: &[&str]| {
        let mut command = Command::new(engram);
        command.env("ENGRAM_API_KEY", "local").env("ENGRAM_BASE_URL", &serving.base_url).args(arguments);
        Ok::<_, anyhow::Error>(String::from_utf8(output(&mut command)?.stdout)?)
    };
    ask(&["remember", "--bucket", "packages", "Ana prefers tea."])?;
    let answer = ask(&["ask", "--bucket", "packages", "What does Ana prefer?"])?;
    ensure!(answer.contains("Ana prefers tea."), "{} answers: {answer}", engram.display());
    Ok(())
}

/// Runs it as `uvx` does. Installs it in an environment of its own, without a network, and has an MCP client call every tool.
fn use_wheel(wheel: &Path, server: &Path) -> Result<()> {
    let wheel = wheel.to_str().context("the name of the wheel is no text")?;
    let run_once = ["tool", "run", "--isolated", "--no-index", "--from", wheel, "lumetra-engram", "--version"];
    let version = String::from_utf8(output(python::uv()?.args(run_once))?.stdout)?;
    ensure!(version.trim_end().ends_with(env!("CARGO_PKG_VERSION")), "`uvx` runs another program: {version}");
    let programs = python::environment(&emptied("dist/wheel")?, &["--no-index", "--no-deps", wheel])?;
    let serving = serve(server)?;
    let memory = Memory { program: programs.join("lumetra-engram"), base_url: serving.base_url.clone() };
    mcp::python_sdk(&memory)
}

/// Installs it on this machine, uses it and removes it.
fn use_debian(package: &Path) -> Result<()> {
    if let Some(why) = why_not_installed() {
        println!("the Debian package was made, and not installed: {why}");
        return Ok(());
    }
    apt(&["install", "--no-install-recommends"], package.as_os_str())?;
    let used = || -> Result<Vec<PathBuf>> {
        let listed = String::from_utf8(output(Command::new("dpkg").args(["--listfiles", PACKAGE]))?.stdout)?;
        let files: Vec<_> = listed.lines().map(PathBuf::from).filter(|path| path.is_file()).collect();
        for file in ["/usr/share/man/man1/engram-local.1.gz", "/usr/share/doc/lumetra-engram/copyright"] {
            ensure!(files.iter().any(|installed| installed == Path::new(file)), "the Debian package has no {file}");
        }
        use_both(Path::new("/usr/bin/lumetra-engram"), Path::new("/usr/bin/engram-local"))?;
        Ok(files)
    };
    let used = used();
    apt(&["purge"], PACKAGE.as_ref())?;
    let left: Vec<_> = used?.into_iter().filter(|file| file.exists()).collect();
    ensure!(left.is_empty(), "the Debian package leaves behind {left:?}");
    println!("the Debian package was installed, works, and was removed");
    Ok(())
}

fn apt(command: &[&str], package: &std::ffi::OsStr) -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.args(command).args(["--yes", "--quiet=2", "--option", "DPkg::Lock::Timeout=300"]).arg(package);
    run(apt.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn why_not_installed() -> Option<&'static str> {
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    if !is_root {
        return Some("only root can");
    }
    if output(Command::new("apt-get").arg("--version")).is_err() {
        return Some("there is no apt-get");
    }
    let is_there = output(Command::new("dpkg").args(["--status", PACKAGE])).is_ok();
    is_there.then_some("this machine has the package, and keeps its own")
}
