//! `cargo xtask ci`: the one list of checks. What passes here lands.

use std::fs::{self, File};
use std::iter;
use std::path::Path;
use std::process::{Command, Stdio};
use std::slice::Iter;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use crate::project::{cargo, output, root, run, work_directory};
use crate::{
    bench, check, conformance, deny, dependents, diff, dist, docs, fuzz, gateways, links, mcp, page, recall, regen,
    rig, schemathesis, server, spec_package, surface, web_pages, workflow,
};

/// A check: its name, what it proves, and how.
type Check = (&'static str, &'static str, fn() -> Result<()>);

/// What every change needs, by how soon it says no.
const FIRST: &[Check] = &[
    ("tests", "the tests pass, by the README's command", || cargo_passes(&["test", "--workspace", "--tests"])),
    ("fmt", "the code is formatted", || cargo_passes(&["fmt", "--all", "--check"])),
    ("regen", "the generated code is that of the spec", || regen::run(root(), true)),
    ("clippy", "clippy has no warning", || clippy(&["--workspace", "--all-targets"])),
    ("rustdoc", "the documentation has no warning and no dead link, and its examples work", documentation),
];

/// The rest, in two lists that run at the same time. These follow each other: cargo would have one wait for another's build.
const COMPILING: &[Check] = &[
    ("quickstart", "the README's quickstart works", quickstart),
    ("examples", "the other examples work", other_examples),
    ("workflow", "an endpoint can be added as CONTRIBUTING.md says", workflow::prove),
    // With the others they are compiled by the checks before and after this one.
    ("features", "the client and the local server compile with other features, and the fewest", || {
        // The last one lets both share what the tests compiled, but for crates that they depend on themselves.
        let client = ["--no-default-features", "--package", "lumetra-engram", "--package", "lumetra-engram-features"];
        clippy(&client)?;
        let other = "lumetra-engram/native-tls,lumetra-engram/blocking";
        clippy(&[&client[..], &["--package", "lumetra-engram-local", "--features", other]].concat())
    }),
    ("surface", "api/ has the public API, and it breaks nothing of the last release", || surface::run(true)),
    ("provider", "without a crypto provider there is an error, no panic", dependents::no_crypto_provider),
    ("rig", "an agent of rig answers from memory", rig::check),
    ("dependents", "the packaged crates are all that a dependent needs, with new and old versions", dependents::check),
    ("bench", "the benchmarks side by side compile without a warning", bench::check),
    ("fuzz", "fuzzing finds nothing", fuzz::check),
];

/// These run beside them, two at once, since they wait for other programs and for time. They compile nothing that the tests did not.
const WAITING: &[Check] = &[
    ("diff", "the spec's version and changelog say what has changed since the last release", || {
        diff::run(&diff::Options { old: None, changelog: false })
    }),
    ("deny", "dependencies have the licences and sources that deny.toml allows, none twice", deny::check),
    ("check", "the spec is valid and follows the rules, and each rule notices its fault", || {
        check::run(&check::Options { file: None, prove: true })
    }),
    ("web-pages", "no web page of another origin can use the local server", web_pages::check),
    ("docs", "the reference page shows every operation", docs::check),
    ("page", "the page that shows what is remembered does all that it promises", page::check),
    ("schemathesis", "no request makes the local server leave the spec", schemathesis::check),
    ("sdk", "the spec and SDKs for other languages can be packed, installed and used", spec_package::check),
    ("conformance", "public clients keep to the spec and work with the local server", conformance::check),
    ("mcp", "three independent clients use the MCP server", mcp::check),
    ("dist", "the packages come out the same twice, and each can be installed and used", dist::check),
    ("gateways", "nothing is lost behind nginx, haproxy and nghttpx", gateways::check),
    ("recall", "questions find the facts that answer them, and no others", recall::check),
];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run only what every change needs: tests, formatting, generated code, clippy, documentation
    #[arg(long)]
    first: bool,
    /// Run only this check; an unknown name lists them
    #[arg(long, value_name = "CHECK", conflicts_with = "first")]
    only: Option<String>,
}

pub(crate) fn run_checks(options: &Options) -> Result<()> {
    if let Some(name) = &options.only {
        let all = || [FIRST, COMPILING, WAITING].into_iter().flatten();
        let names = || all().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
        let check = all().find(|(other, ..)| other == name);
        let (.., check) = check.with_context(|| format!("there is no check {name}; there are {}", names()))?;
        return check();
    }
    // After an edit of the features of a shared crate, the tests may replace this program.
    let program = std::env::current_exe()?;
    let start = Instant::now();
    let mut times = Vec::new();
    for check in FIRST {
        times.push(timed(check, || check.2())?);
    }
    let first = start.elapsed();
    if !options.first {
        server::build_all()?;
        times.extend(rest(&program)?);
    }
    println!("\nAll {} checks passed:", times.len());
    for (time, (name, proves, _)) in times {
        println!("{:>6.1} s  {name:<12}  {proves}", time.as_secs_f64());
    }
    println!("{:>6.1} s  the first part", first.as_secs_f64());
    println!("{:>6.1} s  in all", start.elapsed().as_secs_f64());
    Ok(())
}

type Timed = (Duration, &'static Check);

fn timed(check: &'static Check, run: impl FnOnce() -> Result<()>) -> Result<Timed> {
    let (name, proves, _) = check;
    let start = Instant::now();
    println!("\n==> {name}: {proves}");
    run().with_context(|| format!("check failed: {proves} (`cargo xtask ci --only {name}`)"))?;
    Ok((start.elapsed(), check))
}

/// Runs both lists at once. Once a check has failed, no other one begins.
fn rest(program: &Path) -> Result<Vec<Timed>> {
    let failed = AtomicBool::new(false);
    let [compiling, waiting] = [COMPILING, WAITING].map(|list| Mutex::new(list.iter()));
    let run_list = |(list, niceness): (&Mutex<Iter<'static, Check>>, &str)| -> Result<Vec<Timed>> {
        let next = || list.lock().ok()?.next().filter(|_| !failed.load(Ordering::Relaxed));
        let run = |check| apart(program, niceness, check).inspect_err(|_| failed.store(true, Ordering::Relaxed));
        iter::from_fn(next).map(run).collect()
    };
    thread::scope(|scope| {
        // The compiling ones take longest, so they get the processors first.
        let lists =
            [(&compiling, "0"), (&waiting, "5"), (&waiting, "5")].map(|list| scope.spawn(move || run_list(list)));
        let lists = lists.map(|list| list.join().map_err(|_| anyhow!("a list of checks was not run"))?);
        Ok(lists.into_iter().collect::<Result<Vec<_>>>()?.concat())
    })
}

/// Runs the check in a process of its own, and prints in one piece what it prints.
fn apart(program: &Path, niceness: &str, check: &'static Check) -> Result<Timed> {
    let (name, proves, _) = check;
    let start = Instant::now();
    let log = work_directory("ci")?.join(format!("{name}.log"));
    let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = Command::new("nice");
    command.args(["-n", niceness]).arg(program);
    command.args(["ci", "--only", name]).env(server::BUILT, "1").stdin(Stdio::null());
    let status = command.stdout(file.try_clone()?).stderr(file).status()?;
    println!("\n==> {name}: {proves}\n{}", String::from_utf8_lossy(&fs::read(&log)?));
    ensure!(status.success(), "check failed: {proves} (`cargo xtask ci --only {name}`)");
    Ok((start.elapsed(), check))
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
    run(command.env("RUSTDOCFLAGS", "--deny warnings"))?;
    links::check()?;
    cargo_passes(&["test", "--quiet", "--workspace", "--doc"])
}

fn quickstart() -> Result<()> {
    // As in the README, with the features of its package alone. The checks after it share what it compiles.
    let printed = example(cargo(root(), &["run", "--quiet", "--example", "quickstart"]))?;
    let (asked, streamed) = printed.split_once("Streaming:").context("it streams no answer")?;
    let answered = asked.split_once("Asking:").context("it asks no question")?.1;
    ensure!(answered.lines().nth(1).is_some_and(|answer| answer.contains("dark mode")), "the answer misses dark mode");
    ensure!(answered.contains("It was answered from:\n  0."), "it shows no memory with a score");
    ensure!(streamed.contains("Lisbon"), "the streamed answer misses Lisbon");
    Ok(())
}

fn other_examples() -> Result<()> {
    let streamed = example(Command::new(server::example("streaming")?))?;
    ensure!(streamed.contains("Stopped after three pieces:"), "it stops no stream");
    let errors = example(Command::new(server::example("errors")?))?;
    for status in ["401", "412", "429"] {
        ensure!(errors.contains(&format!("Engram API {status}: ")), "it shows no {status}");
    }
    ensure!(errors.contains("3 of 3 were answered"), "the retried queries were not all answered");
    let tools = example(Command::new(server::example("openai_tools")?))?;
    ensure!(
        tools
            .trim_end()
            .lines()
            .last()
            .is_some_and(|line| line.contains("Porto") && line.contains("vegetarian") && !line.contains("Lisbon")),
        "the model's answer is not made from the memories"
    );
    let typed = example(Command::new(server::example("typed_answer")?))?;
    ensure!(typed.contains("does not fit: at `cups_a_day`"), "it shows no answer that does not fit");
    let blocking = example(Command::new(server::example("blocking")?))?;
    ensure!(blocking.contains("From memory: The user lives in Lisbon."), "the blocking client's answer misses Lisbon");
    let ingested = example(Command::new(server::example("ingest")?))?;
    ensure!(
        ingested.contains("999 stored") && ingested.contains("fact 300: Engram API 422"),
        "it does not say what became of the facts"
    );
    Ok(())
}

/// Runs the example against servers in its own process only, and returns what it prints.
fn example(mut command: Command) -> Result<String> {
    for variable in ["ENGRAM_API_KEY", "ENGRAM_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL"] {
        command.env_remove(variable);
    }
    let printed = output(&mut command)?.stdout;
    let printed = String::from_utf8(printed)?;
    println!("{printed}");
    Ok(printed)
}
