//! What a call costs in instructions and allocations. A busy machine changes neither.

use std::process::Command;

use anyhow::{Context, Result};

use super::calls::{BARE, KINDS, Kind, MORE_WORK, OURS, Turns, asked};
use super::report::{Section, Target, figure, markdown_table};
use super::side_by_side::{Programs, found, without_proxy};
use crate::project::output;
use crate::server::Server;

/// How many calls the two counted runs make. Both make 500 more to warm up, so the difference holds neither those nor the start.
const RUNS: [u32; 2] = [600, 1_400];

/// What one call of a kind costs with each client.
pub(super) struct Counts {
    kind: &'static Kind,
    ours: Count,
    bare: Count,
}

struct Count {
    /// Not a number without valgrind.
    instructions: f64,
    allocations: f64,
}

/// The counts alone, as a section.
pub(super) fn measure() -> Result<Section> {
    let programs = Programs::build()?;
    let server = Server::run(&mut programs.command("server"))?;
    let counts = of_every_kind(&programs, &server)?;
    Ok(Section { title: "Calls", text: text(&counts), targets: counts.iter().flat_map(Counts::targets).collect() })
}

pub(super) fn of_every_kind(programs: &Programs, server: &Server) -> Result<Vec<Counts>> {
    let has_valgrind = Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success());
    let count = |kind: &Kind, client| {
        eprintln!("counts: {}, {client}", kind.name);
        let instructions = if has_valgrind { instructions(programs, server, kind, client)? } else { f64::NAN };
        Ok::<_, anyhow::Error>(Count { instructions, allocations: allocations(programs, server, kind, client)? })
    };
    KINDS.iter().map(|kind| Ok(Counts { kind, ours: count(kind, OURS)?, bare: count(kind, BARE)? })).collect()
}

fn instructions(programs: &Programs, server: &Server, kind: &Kind, client: &str) -> Result<f64> {
    let of_run = |calls: u32| {
        let mut command = Command::new("valgrind");
        without_proxy(command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]));
        command.arg(programs.command("calls").get_program());
        let run = asked(&mut command, server, kind.name, 1);
        // With two threads, runs differ by two percent.
        run.args(["--threads", "1", "--only", client, "--calls", &calls.to_string()]);
        let printed = output(run)?.stderr;
        collected(&String::from_utf8_lossy(&printed)).context("callgrind does not say how much it collected")
    };
    let [few, many] = RUNS;
    Ok((of_run(many)? - of_run(few)?) / f64::from(many - few))
}

/// The instructions that callgrind counted.
fn collected(printed: &str) -> Option<f64> {
    printed.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

fn allocations(programs: &Programs, server: &Server, kind: &Kind, client: &str) -> Result<f64> {
    let mut command = programs.command("calls");
    let turns: Turns = found(asked(&mut command, server, kind.name, 1).args(["--only", client]))?;
    let turn = turns.get(client).and_then(|turns| turns.first()).context("the client had no turn")?;
    Ok(turn.allocations.context("allocations are not counted")?.round())
}

impl Counts {
    fn instructions(&self) -> f64 {
        self.ours.instructions / self.bare.instructions
    }

    fn rows(&self) -> [[String; 3]; 2] {
        let row = |client: &str, count: &Count, ratio: String| {
            let instructions = if count.instructions.is_nan() {
                "not counted".to_owned()
            } else {
                figure(count.instructions) + &ratio
            };
            [format!("{}, {client}", self.kind.shown), instructions, figure(count.allocations)]
        };
        let ratio = format!(" ({:.3})", self.instructions());
        [row(OURS, &self.ours, ratio), row(BARE, &self.bare, String::new())]
    }

    pub(super) fn targets(&self) -> [Target; 2] {
        let Kind { shown, instructions, .. } = self.kind;
        let more = self.ours.allocations - self.bare.allocations;
        let reason = if self.instructions().is_nan() { NO_VALGRIND } else { MORE_WORK };
        [
            Target::at_most(format!("{shown}: instructions beside bare reqwest"), self.instructions(), *instructions)
                .or_since(reason),
            Target::at_most(format!("{shown}: allocations a call more than bare reqwest"), more, 10.0),
        ]
    }
}

const NO_VALGRIND: &str = "valgrind is not installed.";

pub(super) fn text(counts: &[Counts]) -> String {
    let how = "Counts of a call, one at a time. Instructions are those of the client's whole process, counted by valgrind's \
         callgrind: 1,400 calls less\n600. They are not counted where valgrind is not installed. In brackets the ratio to bare reqwest.\n";
    let heading = ["call", "instructions", "allocations"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(heading).chain(counts.iter().flat_map(Counts::rows)).collect();
    format!("{how}\n{}", markdown_table(&rows))
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
