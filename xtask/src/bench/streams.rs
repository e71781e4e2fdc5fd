//! What the events of a streamed answer cost: from bytes in memory, and over loopback.

use anyhow::Result;

use super::figures::{Figure, Figures, Turns};
use super::micro;
use super::runner::{Programs, python, turns};
use crate::server::Server;

/// How often everything is measured over loopback.
const ROUNDS: usize = 5;

pub(super) fn measure() -> Result<Figures> {
    let mut figures = over_loopback()?.figures("streams.loopback", None);
    for (group, turns) in micro::measure("streams")? {
        let faster = turns.ratio("eventsource-stream", "lumetra-engram", "ms");
        figures.extend(turns.figures(&format!("streams.{group}"), Some("memchr")));
        figures.insert(format!("streams.{group}.faster"), Figure::Number(faster));
    }
    Ok(figures)
}

fn over_loopback() -> Result<Turns> {
    let programs = Programs::build()?;
    let server = Server::run(&mut programs.command("server"))?;
    let mut measured = Turns::default();
    for round in 1..=ROUNDS {
        eprintln!("streams over loopback, round {round} of {ROUNDS}");
        let mut ours = programs.command("streams");
        ours.args(["--rounds", "4", "--long", "5"]);
        let mut theirs = python("streams.py")?;
        theirs.args(["--long", "2"]);
        for mut command in [ours, theirs] {
            let taken = turns(command.args(["--short", "300", "--base-url", &server.base_url]))?;
            taken.into_iter().for_each(|turn| measured.add(turn));
        }
    }
    Ok(measured)
}
