//! What a call costs, beside bare reqwest, async-openai and the official Python client.

use std::process::Command;

use anyhow::{Context, Result};

use super::figures::{Figure, Figures, Turns};
use super::runner::{Programs, instructions, python, turns};
use crate::server::Server;

/// How often everything is measured.
const ROUNDS: usize = 5;
const KINDS: [&str; 2] = ["store", "query"];
const CONCURRENCIES: [&str; 3] = ["1", "8", "64"];
const OURS: &str = "lumetra-engram";
const BARE: &str = "reqwest";
/// How many calls the two counted runs measure. Both make as many to warm up, so that the difference holds neither start nor end.
const COUNTED: [u32; 2] = [300, 700];

pub(super) fn measure() -> Result<Figures> {
    let programs = Programs::build()?;
    let server = Server::run(&mut programs.command("server"))?;
    let kinds = KINDS.into_iter().flat_map(|kind| CONCURRENCIES.map(|concurrency| (kind, concurrency)));
    let mut all: Vec<_> = kinds.map(|(kind, concurrency)| (kind, concurrency, Turns::default())).collect();
    for round in 1..=ROUNDS {
        for (kind, concurrency, measured) in &mut all {
            eprintln!("calls, round {round} of {ROUNDS}: {kind}, {concurrency} at once");
            let mut ours = programs.command("calls");
            ours.args(["--rounds", "8", "--calls", "1000"]);
            let mut theirs = python("calls.py")?;
            theirs.args(["--calls", "400"]);
            for mut command in [ours, theirs] {
                let taken = turns(to(&server, kind, &mut command).args(["--concurrency", concurrency]))?;
                taken.into_iter().for_each(|turn| measured.add(turn));
            }
        }
    }
    let mut figures = Figures::new();
    for (kind, concurrency, measured) in &all {
        let prefix = format!("calls.{kind}.{concurrency}");
        figures.extend(measured.figures(&prefix, Some(BARE)));
        let rate = |way| measured.median(way, "calls_a_second");
        figures.insert(format!("{prefix}.times_python"), Figure::Number(rate(OURS) / rate("python")));
    }
    figures.insert("calls.connections".to_owned(), Figure::Number(connections(&programs, &server)?));
    Ok(figures)
}

/// The command, told what to call.
fn to<'a>(server: &Server, kind: &str, command: &'a mut Command) -> &'a mut Command {
    command.args(["--base-url", &server.base_url, "--kind", kind])
}

/// How many connections this client opens for every operation in turn, answered and refused.
fn connections(programs: &Programs, server: &Server) -> Result<f64> {
    let count = || server.get("/connections")?.parse::<f64>().context("the server counts its connections");
    let before = count()?;
    turns(to(server, "every", &mut programs.command("calls")).args(["--calls", "100"]))?;
    // One of them is the question itself.
    Ok(count()? - before - 1.0)
}

/// What a call costs in instructions and allocations, one at a time. A busy machine changes neither.
pub(super) fn counts() -> Result<Figures> {
    let programs = Programs::build()?;
    let server = Server::run(&mut programs.command("server"))?;
    let mut figures = Figures::new();
    for kind in KINDS {
        let mut measured = Turns::default();
        for client in [OURS, BARE] {
            eprintln!("counts: {kind}, {client}");
            let mut command = programs.command("calls");
            for mut turn in turns(to(&server, kind, &mut command).args(["--only", client]))? {
                let measures = turn.get_mut(client).context("the client had no turn")?;
                measures.retain(|measure, _| measure == "allocations");
                measures.values_mut().for_each(|allocations| *allocations = allocations.round());
                if let Some(instructions) = instructions_of(&programs, &server, kind, client)? {
                    measures.insert("instructions".to_owned(), instructions);
                }
                measured.add(turn);
            }
        }
        let more = measured.median(OURS, "allocations") - measured.median(BARE, "allocations");
        figures.extend(measured.figures(&format!("counts.{kind}"), Some(BARE)));
        figures.insert(format!("counts.{kind}.more_allocations"), Figure::Number(more));
        for client in [OURS, BARE] {
            let not_counted = || Figure::Text("not counted".to_owned());
            figures.entry(format!("counts.{kind}.{client}.instructions")).or_insert_with(not_counted);
        }
    }
    Ok(figures)
}

fn instructions_of(programs: &Programs, server: &Server, kind: &str, client: &str) -> Result<Option<f64>> {
    let of_run = |calls: u32| {
        let mut command = programs.command("calls");
        // With two threads, runs differ by two percent.
        to(server, kind, &mut command).args(["--threads", "1", "--only", client, "--calls", &calls.to_string()]);
        instructions(&command)
    };
    let [few, many] = COUNTED;
    Ok(of_run(few)?.zip(of_run(many)?).map(|(of_few, of_many)| (of_many - of_few) / f64::from(2 * (many - few))))
}
