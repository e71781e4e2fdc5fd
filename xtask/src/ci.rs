//! `cargo xtask ci`: the one list of checks. What passes here lands.

use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::project::{cargo, failure, output, root, run};
use crate::{
    bench, check, conformance, dependents, diff, docs, fuzz, gateways, regen, schemathesis, sdk, surface, web_pages,
    workflow,
};

/// A check: what it proves, and how.
type Check = (&'static str, fn() -> Result<()>);

/// What every change needs.
const FIRST: &[Check] = &[
    ("the tests pass, by the README's command", || cargo_passes(&["test", "--workspace"])),
    ("the code is formatted", || cargo_passes(&["fmt", "--all", "--check"])),
    ("the generated code is that of the spec", || regen::run(true)),
    ("clippy has no warning", || {
        clippy(&["--workspace", "--all-targets"])?;
        clippy(&["--package", "lumetra-engram-spec", "--all-targets", "--all-features"])
    }),
    ("the documentation has no warning", documentation),
];

/// The rest, by how soon it says no.
const REST: &[Check] = &[
    ("the spec's version says what has changed since the last release", || {
        diff::run(&diff::Options { old: None, json: false })
    }),
    ("the README's quickstart works", quickstart),
    ("the other examples work", other_examples),
    ("the client compiles with other features, and the fewest", || {
        let sdk = ["--package", "lumetra-engram", "--no-default-features"];
        for features in ["", "native-tls", "rustls-no-provider,http2", "blocking", "schemars"] {
            clippy(&[&sdk[..], &["--features", features]].concat())?;
        }
        clippy(&["--package", "lumetra-engram", "--all-features"])
    }),
    ("without a crypto provider there is an error, no panic", || {
        let features = ["--no-default-features", "--features", "rustls-no-provider", "--test", "crypto_provider"];
        cargo_passes(&[&["test", "--package", "lumetra-engram"], &features[..]].concat())
    }),
    ("the package builds on its own", || cargo_passes(&["package", "--package", "lumetra-engram", "--allow-dirty"])),
    ("the spec is valid and follows the rules, and each rule notices its fault", || {
        check::run(&check::Options { file: None, prove: true })
    }),
    ("the proxy that checks clients finds what is wrong", || {
        cargo_passes(&["test", "--package", "lumetra-engram-spec", "--all-features"])
    }),
    ("an endpoint can be added as CONTRIBUTING.md says", workflow::prove),
    ("no web page of another origin can use the local server", web_pages::check),
    ("the reference page shows every operation", docs::check),
    ("no request makes the local server leave the spec", schemathesis::check),
    ("SDKs for other languages work with the local server", sdk::check),
    ("public clients keep to the spec and work with the local server", conformance::check),
    ("a dependent gets no generator and an old enough Rust, and builds with new and old versions", dependents::check),
    ("api/ has the public API, and it breaks nothing of the last release", || surface::run(true)),
    ("nothing is lost behind nginx, haproxy and nghttpx", gateways::check),
    ("fuzzing finds nothing", fuzz::check),
    ("the benchmarks side by side compile without a warning, and compare the same", bench::check),
];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run only what every change needs: tests, formatting, generated code, clippy, documentation
    #[arg(long)]
    first: bool,
}

pub(crate) fn run_checks(options: &Options) -> Result<()> {
    let start = Instant::now();
    let mut times = Vec::new();
    let rest = if options.first { &[] } else { REST };
    for (proves, check) in FIRST.iter().chain(rest) {
        println!("\n==> {proves}");
        let start = Instant::now();
        check().with_context(|| format!("this does not hold: {proves}"))?;
        times.push((start.elapsed(), proves));
    }
    println!("\nAll {} checks hold:", times.len());
    for (time, proves) in times {
        println!("{:>6.1} s  {proves}", time.as_secs_f64());
    }
    println!("{:>6.1} s  in all", start.elapsed().as_secs_f64());
    Ok(())
}

fn cargo_passes(arguments: &[&str]) -> Result<()> {
    run(&mut cargo(root(), arguments))
}

fn clippy(selection: &[&str]) -> Result<()> {
    let arguments = [&["clippy", "--quiet"], selection, &["--", "--deny", "warnings"]].concat();
    cargo_passes(&arguments)
}

fn documentation() -> Result<()> {
    let mut command = cargo(root(), &["doc", "--quiet", "--workspace", "--no-deps"]);
    run(command.env("RUSTDOCFLAGS", "--deny warnings"))
}

fn quickstart() -> Result<()> {
    let printed = example("quickstart")?;
    let (asked, streamed) = printed.split_once("Streaming:").context("it streams no answer")?;
    let answered = asked.split_once("Asking:").context("it asks no question")?.1;
    ensure!(answered.lines().nth(1).is_some_and(|answer| answer.contains("dark mode")), "the answer misses dark mode");
    ensure!(answered.contains("It was answered from:\n  0."), "it shows no memory with a score");
    ensure!(streamed.contains("Lisbon"), "the streamed answer misses Lisbon");
    Ok(())
}

fn other_examples() -> Result<()> {
    let streamed = example("streaming")?;
    ensure!(streamed.contains("Stopped after three pieces:"), "it stops no stream");
    let errors = example("errors")?;
    for status in ["401", "412", "429"] {
        ensure!(errors.contains(&format!("Engram API {status}: ")), "it shows no {status}");
    }
    ensure!(errors.contains("3 of 3 were answered"), "the retried queries were not all answered");
    let tools = example("openai_tools")?;
    let answer = "I know this: The user lives in Porto. The user is a vegetarian.";
    ensure!(tools.contains(answer), "the model's answer is not made from the memories");
    let typed = example("typed_answer")?;
    ensure!(typed.contains("does not fit: at `cups_a_day`"), "it shows no answer that does not fit");
    let blocking = example("blocking")?;
    ensure!(blocking.contains("From memory: The user lives in Lisbon."), "the blocking client's answer misses Lisbon");
    ingest_example()
}

/// Without a file it stores one of its own, with one line that is malformed and one fact that the server refuses.
fn ingest_example() -> Result<()> {
    let printed = failure(cargo(root(), &["run", "--quiet", "--example", "ingest"]).env_remove("ENGRAM_API_KEY"))?;
    println!("{printed}");
    ensure!(
        printed.contains("998 stored") && printed.contains("Engram API 422"),
        "it does not say what became of the facts"
    );
    Ok(())
}

/// Runs the example against servers in its own process only, and returns what it prints.
fn example(name: &str) -> Result<String> {
    let mut command = cargo(root(), &["run", "--quiet", "--example", name]);
    for variable in ["ENGRAM_API_KEY", "ENGRAM_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL"] {
        command.env_remove(variable);
    }
    let printed = output(&mut command)?.stdout;
    let printed = String::from_utf8(printed)?;
    println!("{printed}");
    Ok(printed)
}
