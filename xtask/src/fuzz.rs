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

/// The check: every target, a third as often as usual.
pub(crate) fn check() -> Result<()> {
    let manifest = root().join("dev/fuzz/Cargo.toml");
    run(cargo(root(), &["fmt", "--check", "--manifest-path"]).arg(manifest))?;
    fuzz_for(&Options { target: None, runs: None, seed: 1, input: None }, 3)
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
    let printed = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    if status.success() {
        let (first, last) = (status_line(&printed, "INITED")?, status_line(&printed, "DONE")?);
        let coverage = (number(first, "cov:")?, number(last, "cov:")?);
        let speed = number(last, "exec/s:")?;
        println!("{target}: {runs} runs, {speed} a second, coverage {} to {}, nothing found", coverage.0, coverage.1);
    } else {
        println!("{}", explained(target, &printed, &log));
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

/// The line of libFuzzer about this moment.
fn status_line<'a>(printed: &'a str, moment: &str) -> Result<&'a str> {
    let line = printed.lines().find(|line| line.starts_with('#') && line.split_whitespace().nth(1) == Some(moment));
    line.with_context(|| format!("libFuzzer does not say {moment}"))
}

fn number(line: &str, name: &str) -> Result<u64> {
    let mut words = line.split_whitespace().skip_while(|word| *word != name);
    words.nth(1).and_then(|word| word.parse().ok()).with_context(|| format!("libFuzzer does not say {name} in: {line}"))
}

/// What a target found, and what to do about it.
fn explained(target: &str, printed: &str, log: &Path) -> String {
    let said = printed.lines().skip_while(|line| !line.contains("panicked at") && !line.contains("ERROR: libFuzzer"));
    let said = said.take(3).collect::<Vec<_>>().join("\n  ");
    let what_to_do = match printed.split_once("Test unit written to ").and_then(|(_, rest)| rest.lines().next()) {
        Some(input) => format!(
            "to see it again: cargo xtask fuzz {target} --input {input}\n  once mended, keep that input in dev/fuzz/corpus/{target}/"
        ),
        None => "it left no input behind".to_owned(),
    };
    format!("{target}: FOUND\n  {said}\n  all that it printed: {}\n  {what_to_do}", log.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_libfuzzer_are_read() {
        let printed = "#9\tNEW    cov: 7 ft: 8\n#62\tINITED cov: 5215 ft: 9413 exec/s: 0 rss: 34Mb\n#2000\tDONE   cov: 5900 exec/s: 789";
        let last = status_line(printed, "DONE").expect("a line");
        assert_eq!(number(status_line(printed, "INITED").expect("a line"), "cov:").ok(), Some(5215));
        assert_eq!((number(last, "cov:").ok(), number(last, "exec/s:").ok()), (Some(5900), Some(789)));
        assert!(number(last, "ft:").is_err() && status_line(printed, "PULSE").is_err());
    }

    #[test]
    fn a_find_is_explained() {
        let printed =
            "thread panicked at x.rs\nit is lost\nnote\n==1== ERROR\nTest unit written to finds/crash-1\nBase64: QQ==";
        let text = explained("stream", printed, Path::new("stream.log"));
        assert!(text.contains("it is lost") && text.contains("--input finds/crash-1\n"), "{text}");
    }
}
