//! What a call costs, beside bare reqwest, async-openai and the official Python client.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::counts::{self, Counts};
use super::report::{Section, Target, figure, markdown_table};
use super::side_by_side::{Programs, found, without_proxy};
use super::table::median;
use crate::project::root;
use crate::python;
use crate::server::Server;

pub(super) const PYTHON_VERSION: &str = "0.5.1";
/// How often everything is measured.
const ROUNDS: usize = 5;
/// How often each client of the Rust program has its turn in a round.
const TURNS: &str = "8";
const CALLS: &str = "1000";
const PYTHON_CALLS: &str = "400";
const CONCURRENCIES: [u32; 3] = [1, 8, 64];
pub(super) const OURS: &str = "lumetra-engram";
pub(super) const BARE: &str = "reqwest";
pub(super) const PYTHON: &str = "Python client 0.5.1";

/// What one turn took; times in seconds, of a call but for `seconds`.
#[derive(Deserialize)]
pub(super) struct Turn {
    calls_a_second: f64,
    p50: f64,
    p99: f64,
    cpu: f64,
    /// Python's are not counted.
    pub(super) allocations: Option<f64>,
}

/// The turns of each client, in their order.
pub(super) type Turns = BTreeMap<String, Vec<Turn>>;

pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) shown: &'static str,
    /// How many instructions a call may take, beside bare reqwest.
    pub(super) instructions: f64,
}

pub(super) static KINDS: [Kind; 2] = [
    Kind { name: "store", shown: "`store_memory`", instructions: 1.06 },
    Kind { name: "query", shown: "`query`, 10 memories explained", instructions: 1.05 },
];

struct Measured {
    kind: &'static Kind,
    concurrency: u32,
    turns: Turns,
}

struct Clients {
    programs: Programs,
    python: PathBuf,
    server: Server,
}

pub(super) fn measure() -> Result<Section> {
    let python = python::official_client(PYTHON_VERSION)?;
    let programs = Programs::build()?;
    let server = Server::run(&mut programs.command("server"))?;
    let counts = counts::of_every_kind(&programs, &server)?;
    let clients = Clients { programs, python, server };
    let mut all: Vec<_> = KINDS
        .iter()
        .flat_map(|kind| CONCURRENCIES.map(|concurrency| Measured { kind, concurrency, turns: Turns::new() }))
        .collect();
    for round in 1..=ROUNDS {
        for measured in &mut all {
            eprintln!("calls, round {round} of {ROUNDS}: {}, {} at once", measured.kind.name, measured.concurrency);
            clients.take_turns(measured)?;
        }
    }
    let connections = clients.connections_of_every_operation()?;
    Ok(Section { title: "Calls", text: text(&all, &counts), targets: targets(&all, &counts, connections)? })
}

impl Clients {
    fn take_turns(&self, measured: &mut Measured) -> Result<()> {
        let (kind, concurrency) = (measured.kind.name, measured.concurrency);
        let mut rust = self.programs.command("calls");
        rust.args(["--rounds", TURNS, "--calls", CALLS]);
        let taken: Turns = found(asked(&mut rust, &self.server, kind, concurrency))?;
        for (client, turns) in taken {
            measured.turns.entry(client).or_default().extend(turns);
        }
        let mut python = python_program(&self.python, "calls.py");
        python.args(["--calls", PYTHON_CALLS]);
        let turn: Turn = found(asked(&mut python, &self.server, kind, concurrency))?;
        measured.turns.entry(PYTHON.to_owned()).or_default().push(turn);
        Ok(())
    }

    /// How many connections this client opens for every operation in turn, answered and refused.
    fn connections_of_every_operation(&self) -> Result<f64> {
        let before = self.connections()?;
        let mut command = self.programs.command("calls");
        let _: Turns = found(asked(command.args(["--calls", "100"]), &self.server, "every", 1))?;
        // One of them is the question itself.
        Ok(self.connections()? - before - 1.0)
    }

    fn connections(&self) -> Result<f64> {
        self.server.get("/connections")?.parse().context("the server counts its connections")
    }
}

/// The command, told what to call.
pub(super) fn asked<'a>(command: &'a mut Command, server: &Server, kind: &str, concurrency: u32) -> &'a mut Command {
    command.args(["--base-url", &server.base_url, "--kind", kind, "--concurrency", &concurrency.to_string()])
}

/// A Python program of the benchmarks.
pub(super) fn python_program(python: &Path, name: &str) -> Command {
    let mut command = Command::new(python);
    without_proxy(command.arg(root().join("bench/side-by-side").join(name)));
    command
}

impl Measured {
    fn median(&self, client: &str, value: fn(&Turn) -> f64) -> f64 {
        let values: Vec<_> = self.turns.get(client).into_iter().flatten().map(value).collect();
        median(&values)
    }

    /// The median of the ratios to bare reqwest, turn by turn; for Python, whose turns are longer, the ratio of the medians.
    fn ratio(&self, client: &str, value: fn(&Turn) -> f64) -> f64 {
        let turns = |client| self.turns.get(client).map_or(&[][..], Vec::as_slice);
        let (ours, bare) = (turns(client), turns(BARE));
        if ours.len() != bare.len() {
            return self.median(client, value) / self.median(BARE, value);
        }
        let ratios: Vec<_> = ours.iter().zip(bare).map(|(one, other)| value(one) / value(other)).collect();
        median(&ratios)
    }

    fn row(&self, client: &str) -> [String; 6] {
        let beside = |value: fn(&Turn) -> f64, scale: f64| {
            let shown = figure(self.median(client, value) * scale);
            if client == BARE { shown } else { format!("{shown} ({:.2})", self.ratio(client, value)) }
        };
        let allocations = self.median(client, |turn| turn.allocations.unwrap_or(f64::NAN));
        [
            format!("{client}, {} at once", self.concurrency),
            beside(|turn| turn.p50, 1e6),
            beside(|turn| turn.p99, 1e6),
            beside(|turn| turn.calls_a_second, 1.0),
            beside(|turn| turn.cpu, 1e6),
            if allocations.is_nan() { "not counted".to_owned() } else { format!("{allocations:.0}") },
        ]
    }
}

fn text(all: &[Measured], counts: &[Counts]) -> String {
    let how = "A client and a server in processes of their own, over keep-alive connections of loopback. The answers are the same for every client, \
         and async-openai's\nchat completion has as many bytes as the query's answer. Bare reqwest is what one would write without an SDK \
         ([bare.rs](bench/side-by-side/src/bare.rs)): no retry,\nno limit to the size of an answer, no place in a queue, no spans. In brackets the \
         ratio to bare reqwest, the median of the ratios turn by turn.\nAfter a stream, hyper gives the connection back in a task of its own: a \
         call that begins in that moment opens a second one, which serves from then on.\n\nTimes in µs, CPU of the client's whole process.\n";
    let mut text = how.to_owned();
    for kind in &KINDS {
        let heading = ["client", "p50", "p99", "calls a second", "CPU a call", "allocations a call"].map(str::to_owned);
        let of_kind = all.iter().filter(|measured| std::ptr::eq(measured.kind, kind));
        let rows = of_kind.flat_map(|measured| measured.turns.keys().map(|client| measured.row(client)));
        let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
        text += &format!("\n### {}\n\n{}", kind.shown, markdown_table(&rows));
    }
    text + "\n### Counts\n\n" + &counts::text(counts)
}

fn targets(all: &[Measured], counts: &[Counts], connections: f64) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for (kind, counts) in KINDS.iter().zip(counts) {
        let [alone, eight, many] = CONCURRENCIES.map(|concurrency| {
            let mut of_kind = all.iter().filter(|measured| std::ptr::eq(measured.kind, kind));
            of_kind.find(|measured| measured.concurrency == concurrency).context("every concurrency is measured")
        });
        targets.extend(counts.targets());
        targets.extend(targets_of(kind.shown, alone?, eight?, many?));
    }
    targets.push(Target::at_most("connections for 100 times every operation, answered and refused", connections, 2.0));
    Ok(targets)
}

fn targets_of(name: &str, alone: &Measured, eight: &Measured, many: &Measured) -> Vec<Target> {
    let rate = |turn: &Turn| turn.calls_a_second;
    let beside_python = |measured: &Measured| {
        let times = measured.median(OURS, rate) / measured.median(PYTHON, rate);
        Target::at_least(
            format!("{name}: times the Python client's throughput, {} at once", measured.concurrency),
            times,
            10.0,
        )
    };
    let beside = |what: &str| format!("{name}: {what} beside bare reqwest");
    vec![
        Target::at_most(beside("p50"), alone.ratio(OURS, |turn| turn.p50), 1.08).or_since(MORE_WORK),
        Target::at_most(beside("CPU a call"), alone.ratio(OURS, |turn| turn.cpu), 1.08).or_since(MORE_WORK),
        Target::at_least(beside("throughput at 64"), many.ratio(OURS, rate), 0.95).or_since(MORE_WORK),
        beside_python(alone).or_since(ROUND_TRIP),
        beside_python(eight),
        beside_python(many),
    ]
}

pub(super) const MORE_WORK: &str = "a call does what bare reqwest leaves to its user: it takes a permit, keeps what it would send again, reads its \
    response under a bound of size before it decodes it, and knows what took effect. That is some 1,400 instructions on top of 84,000 for a \
    store (callgrind), and the system calls are the same: times on a shared machine differ by more than that from run to run.";
const ROUND_TRIP: &str = "one call at a time is bound by the round trip; bare reqwest is not ten times as fast either.";
