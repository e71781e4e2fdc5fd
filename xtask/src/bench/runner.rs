//! Starts the programs of dev/bench/side-by-side and others, and collects what they take: what they print of it themselves, wall-clock time,
//! processor time, and instructions counted by callgrind.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use super::figures::Turn;
use crate::project::{self, json, output, root, target_directory};
use crate::python::official_client;

pub(super) const PYTHON_VERSION: &str = "0.5.1";

/// Cargo, to be run on that workspace.
pub(super) fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut command = project::cargo(root(), arguments);
    command.arg("--locked").arg("--manifest-path").arg(root().join("dev/bench/side-by-side/Cargo.toml"));
    // Much of what they need is built there already.
    command.arg("--target-dir").arg(target_directory()?);
    Ok(command)
}

/// The programs, built.
pub(super) struct Programs(PathBuf);

impl Programs {
    pub(super) fn build() -> Result<Self> {
        // That what is compared does the same.
        output(&mut cargo(&["test", "--quiet", "--release", "--lib"])?)?;
        project::run(&mut cargo(&["build", "--quiet", "--release", "--bins"])?)?;
        Ok(Self(target_directory()?.join("release")))
    }

    pub(super) fn command(&self, name: &str) -> Command {
        without_proxy(Command::new(self.0.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))))
    }
}

/// A script with the official Python client.
pub(super) fn python(script: &str) -> Result<Command> {
    let mut command = Command::new(official_client(PYTHON_VERSION)?);
    command.arg(root().join("dev/bench/side-by-side").join(script));
    Ok(without_proxy(command))
}

/// A proxy of this machine has no part in what is measured.
fn without_proxy(mut command: Command) -> Command {
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(variable);
    }
    command
}

/// What a program prints of its turns, a line of JSON for each.
pub(super) fn turns(command: &mut Command) -> Result<Vec<Turn>> {
    let printed = output(command.stderr(Stdio::inherit()))?.stdout;
    printed.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(json).collect()
}

/// The instructions that callgrind counts of a program; none where valgrind is not installed.
pub(super) fn instructions(command: &Command) -> Result<Option<f64>> {
    let mut valgrind = without_proxy(Command::new("valgrind"));
    if valgrind.arg("--version").output().is_err() {
        return Ok(None);
    }
    let mut valgrind = without_proxy(Command::new("valgrind"));
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let printed = output(valgrind.arg(command.get_program()).args(command.get_args()))?.stderr;
    let printed = String::from_utf8_lossy(&printed);
    Ok(Some(collected(&printed).context("callgrind does not say how much it collected")?))
}

fn collected(printed: &str) -> Option<f64> {
    printed.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

/// The seconds that a build takes and the processor time of all that it starts, without what this task was itself told by its
/// environment.
pub(super) fn build_cost(command: &mut Command) -> Result<[f64; 2]> {
    for variable in ["CARGO_ENCODED_RUSTFLAGS", "CARGO_INCREMENTAL", "CARGO_TARGET_DIR", "RUSTC_WRAPPER", "RUSTFLAGS"] {
        command.env_remove(variable);
    }
    let (before, start) = (cpu_of_children()?, Instant::now());
    project::run(command)?;
    Ok([start.elapsed().as_secs_f64(), cpu_of_children()? - before])
}

/// The processor time in seconds of all ended processes that this one started, and of those that they did.
fn cpu_of_children() -> Result<f64> {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").context("only Linux says how much time a process takes")?;
    // Behind the name of the program, which may hold anything, `cutime` and `cstime` are the 14th and 15th field.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(13).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / TICKS_A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_what_callgrind_prints() {
        let printed = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n==7== I   refs:      123,456\n";
        assert_eq!(collected(printed), Some(123_456.0));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }
}
