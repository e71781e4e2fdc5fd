//! `cargo xtask bench burst`: many stores at once, at a server that takes eight at a time and refuses the others. This client, and
//! the official Python client with the threads that its users would give it, do the same work at the same server, in turns.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::table::{aligned, median, spread};
use crate::project::{cargo, json, output, root, run, target_directory};
use crate::python;
use crate::server::Server;

/// How many calls the server takes at once.
const PLACES: u32 = 8;
/// What it tells those that it refuses, in seconds.
const RETRY_AFTER: f64 = 1.0;
/// The longest that this client may take, as a multiple of the ideal.
const BAR: f64 = 1.2;
const OFFICIAL_VERSION: &str = "0.5.1";
/// How many kinds of failures are shown of each client.
const FAILURES_SHOWN: usize = 3;

/// How to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often to measure everything; of several rounds the median is shown, with the least and the greatest
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

struct Burst {
    calls: u32,
    work_ms: u32,
}

const BURSTS: [Burst; 2] = [Burst { calls: 1000, work_ms: 5 }, Burst { calls: 400, work_ms: 250 }];

impl Burst {
    /// The seconds that it takes if no place is ever free. One wait is granted, since the places of a server are not known before
    /// its first refusal.
    fn ideal(&self) -> f64 {
        f64::from(self.calls) * f64::from(self.work_ms) / 1000.0 / f64::from(PLACES) + RETRY_AFTER
    }
}

struct Client {
    name: &'static str,
    ours: bool,
    command: fn(&Programs) -> Command,
}

const CLIENTS: [Client; 3] = [
    Client { name: "this client, a task a call", ours: true, command: |programs| Command::new(&programs.burst) },
    Client {
        name: "this client, one `join_all`",
        ours: true,
        command: |programs| {
            let mut command = Command::new(&programs.burst);
            command.arg("--one-task");
            command
        },
    },
    Client {
        name: "Python 0.5.1, 64 threads",
        ours: false,
        command: |programs| {
            let mut command = Command::new(&programs.python);
            command.arg(root().join("bench/burst.py"));
            command
        },
    },
];

struct Programs {
    server: PathBuf,
    burst: PathBuf,
    python: PathBuf,
}

impl Programs {
    fn build() -> Result<Self> {
        let python = python::official_client(OFFICIAL_VERSION)?;
        run(&mut cargo(root(), &["build", "--quiet", "--release", "--package", "lumetra-engram-bench"]))?;
        let directory = target_directory()?.join("release");
        let program = |name: &str| directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        Ok(Self { server: program("capped-server"), burst: program("burst"), python })
    }
}

/// What a client says of its burst.
#[derive(Deserialize)]
struct Report {
    calls: u32,
    /// How often each error came.
    failures: BTreeMap<String, u32>,
    seconds: f64,
}

impl Report {
    fn failed(&self) -> u32 {
        self.failures.values().sum()
    }
}

/// What the server says of it.
#[derive(Deserialize)]
struct Counts {
    stored: u32,
    refused: u32,
    most_at_once: u32,
}

type Measurement = (Report, Counts);

pub(crate) fn measure(options: &Options) -> Result<()> {
    let programs = Programs::build()?;
    let mut measured: [[Vec<Measurement>; CLIENTS.len()]; BURSTS.len()] = Default::default();
    for round in 1..=options.rounds {
        for (burst, measured) in BURSTS.iter().zip(&mut measured) {
            for (client, measured) in CLIENTS.iter().zip(measured) {
                let Burst { calls, work_ms } = burst;
                eprintln!("round {round} of {}: {calls} stores of {work_ms} ms: {}", options.rounds, client.name);
                measured.push(measure_once(&programs, burst, client)?);
            }
        }
    }
    let mut missed = 0;
    for (burst, measured) in BURSTS.iter().zip(&measured) {
        println!("\n{}", shown(burst, measured));
        missed += CLIENTS.iter().zip(measured).filter(|(client, it)| client.ours && !meets_bar(burst, it)).count();
    }
    ensure!(missed == 0, "this client misses its bar {missed} times: see above");
    Ok(())
}

/// Each burst has a server of its own, so that it begins with no connections and no counts, and nothing of the burst before.
fn measure_once(programs: &Programs, burst: &Burst, client: &Client) -> Result<Measurement> {
    let server = start_server(&programs.server, burst)?;
    let mut command = (client.command)(programs);
    command.arg("--base-url").arg(&server.base_url).arg("--calls").arg(burst.calls.to_string());
    // A proxy of this machine has no part in it.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1").stderr(Stdio::inherit());
    let report: Report = json(&output(&mut command)?.stdout)?;
    let counts: Counts = json(server.get("/counts")?.as_bytes())?;
    ensure!(report.calls == burst.calls, "{} made {} calls of {}", client.name, report.calls, burst.calls);
    let reported = report.calls - report.failed();
    ensure!(
        counts.stored >= reported,
        "{} says that {reported} are stored, and the server {}",
        client.name,
        counts.stored
    );
    Ok((report, counts))
}

/// None failed, in any round, and the median is fast enough.
fn meets_bar(burst: &Burst, measured: &[Measurement]) -> bool {
    let seconds: Vec<_> = measured.iter().map(|(report, _)| report.seconds).collect();
    measured.iter().all(|(report, _)| report.failed() == 0) && median(&seconds) <= BAR * burst.ideal()
}

/// A burst as a table, with the failures below it.
fn shown(burst: &Burst, measured: &[Vec<Measurement>]) -> String {
    let heading = ["client", "calls", "failed", "refused", "most at once", "time", "ideal", "time / ideal", "bar"];
    let mut rows = vec![heading.map(str::to_owned)];
    rows.extend(CLIENTS.iter().zip(measured).map(|(client, measured)| row(burst, client, measured)));
    let failures = CLIENTS.iter().zip(measured).map(|(client, measured)| failures(client, measured));
    format!(
        "{} stores of {} ms at once; the server takes {PLACES}, refuses the others with 429 and `Retry-After: {RETRY_AFTER}`.\n\
         The time of a burst with failures is that of less work.\n\n\
         {}{}",
        burst.calls,
        burst.work_ms,
        aligned(&rows),
        failures.collect::<String>()
    )
}

fn row(burst: &Burst, client: &Client, measured: &[Measurement]) -> [String; 9] {
    let all = |value: fn(&Measurement) -> f64| measured.iter().map(value).collect::<Vec<_>>();
    let seconds = all(|(report, _)| report.seconds);
    let ratios: Vec<_> = seconds.iter().map(|seconds| seconds / burst.ideal()).collect();
    let bar = match (client.ours, meets_bar(burst, measured)) {
        (false, _) => "",
        (true, true) => "met",
        (true, false) => "missed",
    };
    [
        client.name.to_owned(),
        burst.calls.to_string(),
        spread(&all(|(report, _)| report.failed().into()), 0),
        spread(&all(|(_, counts)| counts.refused.into()), 0),
        spread(&all(|(_, counts)| counts.most_at_once.into()), 0),
        format!("{} s", spread(&seconds, 2)),
        format!("{:.2} s", burst.ideal()),
        spread(&ratios, 2),
        bar.to_owned(),
    ]
}

/// The most frequent failures of a client in all rounds, a line for each.
fn failures(client: &Client, measured: &[Measurement]) -> String {
    let mut counted = BTreeMap::<&str, u32>::new();
    for (text, times) in measured.iter().flat_map(|(report, _)| &report.failures) {
        *counted.entry(text).or_default() += times;
    }
    let mut counted: Vec<_> = counted.into_iter().collect();
    counted.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let shown = counted.iter().take(FAILURES_SHOWN);
    shown.map(|(text, times)| format!("{}: {times} × {text}\n", client.name)).collect()
}

/// A server with a cap.
fn start_server(program: &PathBuf, burst: &Burst) -> Result<Server> {
    Server::run(Command::new(program).args(["--places", &PLACES.to_string(), "--work-ms", &burst.work_ms.to_string()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Burst = Burst { calls: 80, work_ms: 100 };

    fn measurement(failed: u32, seconds: f64) -> Measurement {
        let failures = BTreeMap::from([("busy".to_owned(), failed)]);
        (Report { calls: 80, failures, seconds }, Counts { stored: 80 - failed, refused: 3, most_at_once: 9 })
    }

    #[test]
    fn the_ideal_is_no_place_ever_free_and_one_wait() {
        assert_eq!(SMALL.ideal(), 2.0);
    }

    #[test]
    fn the_bar_is_missed_by_one_failure_or_a_slow_median() {
        assert!(meets_bar(&SMALL, &[measurement(0, 2.4)]));
        assert!(meets_bar(&SMALL, &[measurement(0, 2.0), measurement(0, 9.0), measurement(0, 2.1)]));
        assert!(!meets_bar(&SMALL, &[measurement(0, 2.41)]));
        assert!(!meets_bar(&SMALL, &[measurement(0, 2.0), measurement(0, 2.0), measurement(1, 2.0)]));
    }

    #[test]
    fn a_burst_is_shown_with_its_verdict_and_its_failures() {
        let text = shown(&SMALL, &[vec![measurement(0, 2.1)], vec![measurement(2, 2.1)], vec![measurement(7, 3.0)]]);
        let line = |number: usize| text.lines().nth(number).unwrap_or_default();
        assert!(line(5).ends_with("met") && line(6).ends_with("missed"), "{text}");
        assert!(line(7).ends_with("3.00 s  2.00 s          1.50"), "{text}");
        assert!(text.contains("Python 0.5.1, 64 threads: 7 × busy\n"), "{text}");
    }
}
