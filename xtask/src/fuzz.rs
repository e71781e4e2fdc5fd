//! `cargo xtask fuzz`: coverage-guided fuzzing of what the client makes of a server's answers, for a fixed number of runs from a fixed
//! seed. (Two runs still differ a little: libFuzzer also learns from compared addresses.) It needs no cargo-fuzz and no nightly: the
//! compiler's own coverage is enough, and libFuzzer, which its crate brings in C++. All that it writes is below the build directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};

use crate::project::{cargo, root, run, target_directory, work_directory};

/// The targets, and how often each is run: together about a minute and a half.
const TARGETS: [(&str, u32); 4] =
    [("answers", 10_000), ("errors", 40_000), ("retry_after", 100_000), ("stream", 20_000)];

/// How to fuzz.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this target: answers, errors, retry_after or stream
    target: Option<String>,
    /// How often to run each target [default: enough for a minute and a half in all]
    #[arg(long)]
    runs: Option<u32>,
    /// The seed; another number tries other inputs
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Run the target on this input, such as a finding, and show what it does
    #[arg(long, requires = "target")]
    input: Option<PathBuf>,
}

/// The check: every target, a fifth as often as usual.
pub(crate) fn check() -> Result<()> {
    let manifest = root().join("dev/fuzz/Cargo.toml");
    run(cargo(root(), &["fmt", "--check", "--manifest-path"]).arg(manifest))?;
    fuzz_for(&Options { target: None, runs: None, seed: 1, input: None }, 5)
}

pub(crate) fn fuzz(options: &Options) -> Result<()> {
    fuzz_for(options, 1)
}

/// With only this part of the usual runs.
fn fuzz_for(options: &Options, part: u32) -> Result<()> {
    let targets: Vec<_> =
        TARGETS.iter().filter(|(name, _)| options.target.as_ref().is_none_or(|target| target == name)).collect();
    ensure!(!targets.is_empty(), "unknown target; the targets are {:?}", TARGETS.map(|(name, _)| name));
    let programs = build()?;
    if let (Some(target), Some(input)) = (&options.target, &options.input) {
        return run(Command::new(programs.join(target)).arg(input));
    }
    let run = |(target, runs): &(&str, u32)| {
        finds_nothing(&programs, target, options.runs.unwrap_or(runs / part), options.seed)
    };
    // Each is one thread's work.
    let found_nothing = thread::scope(|scope| {
        let running: Vec<_> = targets.into_iter().map(|target| scope.spawn(move || run(target))).collect();
        running
            .into_iter()
            .map(|target| target.join().map_err(|_| anyhow!("a target was not run"))?)
            .collect::<Result<Vec<_>>>()
    })?;
    ensure!(!found_nothing.contains(&false), "fuzzing found something: see above");
    Ok(())
}

/// Builds the targets and returns the folder that they are in. What is not of this project has been compiled for the tests.
fn build() -> Result<PathBuf> {
    let (folder, target) = (root().join("dev/fuzz"), target_directory()?);
    let mut command = cargo(&folder, &["build", "--quiet", "--locked", "--bins", "--target-dir"]);
    run(command.arg(&target).env("RUSTC_WRAPPER", folder.join("instrument.sh")))
        .context("the fuzz targets need a C++ compiler and Linux or macOS")?;
    Ok(target.join("debug"))
}

/// Runs a target and says in a line how it went. Returns whether it found nothing.
fn finds_nothing(programs: &Path, target: &str, runs: u32, seed: u32) -> Result<bool> {
    let (corpus, finds, log) = places(target)?;
    let status = Command::new(programs.join(target))
        .args([format!("-runs={runs}"), format!("-seed={seed}")])
        // An input may take so many seconds and megabytes, and have so many bytes.
        .args(["-timeout=10", "-rss_limit_mb=1024", "-max_len=2048"])
        .arg(format!("-dict={}", root().join("dev/fuzz/dictionary").display()))
        .arg(format!("-artifact_prefix={}/", finds.display()))
        .args([corpus, root().join("dev/fuzz/corpus").join(target)])
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log)?)
        .status()?;
    if status.success() {
        println!("{target}: {runs} runs, nothing found");
    } else {
        // Its last lines say what it found, and where the input is.
        eprintln!("{}", String::from_utf8_lossy(&fs::read(&log)?));
        eprintln!(
            "{target}: FOUND. To see it again: cargo xtask fuzz {target} --input FILE, the file that it wrote the unit to"
        );
        eprintln!("Once it is mended, keep that input in dev/fuzz/corpus/{target}/");
    }
    Ok(status.success())
}

/// Where a target keeps the inputs that lead to new places, empty at first so that every run begins alike; its finds; and what
/// it prints.
fn places(target: &str) -> Result<(PathBuf, PathBuf, PathBuf)> {
    let corpus = work_directory(&format!("fuzz/corpus/{target}"))?;
    fs::remove_dir_all(&corpus)?;
    fs::create_dir(&corpus)?;
    let finds = work_directory(&format!("fuzz/finds/{target}"))?;
    Ok((corpus, finds, work_directory("fuzz")?.join(format!("{target}.log"))))
}
