//! The programs of bench/side-by-side.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::project::{cargo, json, output, root, run, work_directory};

/// `fuzzing` opens what lets answers come from memory: see src/fuzzing.rs. It changes nothing else.
const FLAGS: &str = "--cfg fuzzing";

/// The programs, built.
pub(super) struct Programs(PathBuf);

impl Programs {
    pub(super) fn build() -> Result<Self> {
        let mut command = cargo_beside(&["build", "--quiet", "--release", "--bins"])?;
        run(&mut command)?;
        Ok(Self(directory()?.join("release")))
    }

    pub(super) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.0.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)));
        without_proxy(&mut command);
        command
    }
}

/// glibc gives memory back to the system in every iteration or in none, depending on what happens to lie behind it: half of the time of
/// a large answer. Told how much to keep, in bytes, it gives none back.
const KEEPS_MEMORY: [&str; 2] = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"];

/// A benchmark by criterion, built.
pub(super) struct Benchmark {
    program: PathBuf,
    /// Where criterion puts what it finds.
    findings: PathBuf,
}

impl Benchmark {
    pub(super) fn build(name: &str) -> Result<Self> {
        let arguments = ["bench", "--quiet", "--no-run", "--message-format", "json", "--bench", name];
        let messages = output(cargo_beside(&arguments)?.stderr(Stdio::inherit()))?.stdout;
        let messages = serde_json::Deserializer::from_slice(&messages).into_iter::<Value>();
        let program = messages.filter_map(Result::ok).find_map(|message| {
            let target = &message["target"];
            let is_it = target["name"] == name && target["kind"][0] == "bench";
            message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
        });
        Ok(Self {
            program: program.with_context(|| format!("cargo built no benchmark named {name}"))?,
            findings: directory()?.join("criterion"),
        })
    }

    /// Measures everything once.
    pub(super) fn run(&self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["--bench", "--warm-up-time", "0.5", "--measurement-time", "1", "--sample-size", "10"]);
        for variable in KEEPS_MEMORY {
            command.env(variable, "33554432");
        }
        output(command.env("CRITERION_HOME", &self.findings)).map(drop)
    }

    /// What the last run found: the median in seconds.
    pub(super) fn median(&self, group: &str, name: &str) -> Result<f64> {
        let file = self.findings.join(group).join(name).join("new/estimates.json");
        let text = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let nanoseconds = json::<Value>(&text)?["median"]["point_estimate"].as_f64();
        Ok(nanoseconds.with_context(|| format!("{} has no median", file.display()))? / 1e9)
    }
}

/// Cargo, to be run on that workspace.
pub(super) fn cargo_beside(arguments: &[&str]) -> Result<Command> {
    let mut command = cargo(root(), arguments);
    command.arg("--locked").arg("--manifest-path").arg(root().join("bench/side-by-side/Cargo.toml"));
    command.arg("--target-dir").arg(directory()?);
    command.env("RUSTFLAGS", FLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS");
    Ok(command)
}

/// Where that workspace is built.
pub(super) fn directory() -> Result<PathBuf> {
    work_directory("bench/side-by-side")
}

/// Runs a program that prints what it found as JSON.
pub(super) fn found<T: DeserializeOwned>(command: &mut Command) -> Result<T> {
    json(&output(command)?.stdout)
}

/// A proxy of this machine has no part in what is measured.
pub(super) fn without_proxy(command: &mut Command) {
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(variable);
    }
}
