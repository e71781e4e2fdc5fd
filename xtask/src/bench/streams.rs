//! What the events of a streamed answer cost: from bytes in memory, and over loopback.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde::Deserialize;

use super::calls::{OURS as CLIENT, PYTHON, PYTHON_VERSION, python_program};
use super::micro::{self, Group, LIMIT, Measured, OURS};
use super::report::{Section, Target, figure, markdown_table};
use super::side_by_side::{Programs, found};
use super::table::median;
use crate::python;
use crate::server::Server;

/// How often everything is measured over loopback.
const ROUNDS: usize = 5;
const EVENTSOURCE_STREAM: usize = 2;

struct Form {
    group: &'static str,
    shown: &'static str,
}

const FORMS: [Form; 4] = [
    Form { group: "streams-130", shown: "in chunks of 130 B" },
    Form { group: "streams-1400", shown: "in chunks of 1.4 kB" },
    Form { group: "streams-16000", shown: "in chunks of 16 kB" },
    Form { group: "streams-1400-more-members", shown: "with more members, in chunks of 1.4 kB" },
];

/// What one turn took; times in seconds.
#[derive(Deserialize)]
struct Turn {
    deltas_a_second: f64,
    cpu: f64,
    first_p50: f64,
    first_p99: f64,
}

/// The turns of each client, in their order.
type Turns = BTreeMap<String, Vec<Turn>>;

pub(super) fn measure() -> Result<Section> {
    let groups = FORMS.map(|form| Group { name: form.group, ways: ["lumetra-engram", "memchr", "eventsource-stream"] });
    let from_memory = micro::measure("streams", &groups)?;
    let over_loopback = over_loopback()?;
    let mut targets = Vec::new();
    for (form, measured) in FORMS.iter().zip(&from_memory) {
        let (what, faster) = (format!("100,000 frames {}", form.shown), measured.ratio(EVENTSOURCE_STREAM, OURS));
        targets.push(Target::at_most(format!("{what}: time beside memchr"), measured.ratio(OURS, LIMIT), 1.25));
        targets.push(Target::at_least(format!("{what}: times as fast as eventsource-stream"), faster, 2.0));
    }
    Ok(Section { title: "Streams", text: text(&from_memory, &over_loopback), targets })
}

fn over_loopback() -> Result<Turns> {
    let python = python::official_client(PYTHON_VERSION)?;
    let programs = Programs::build()?;
    let server = Server::run(&mut programs.command("server"))?;
    let mut turns = Turns::new();
    for round in 1..=ROUNDS {
        eprintln!("streams over loopback, round {round} of {ROUNDS}");
        let mut rust = programs.command("streams");
        rust.args(["--rounds", "4", "--long", "5", "--short", "300"]);
        for (client, taken) in found::<Turns>(at(&server, &mut rust))? {
            turns.entry(client).or_default().extend(taken);
        }
        turns.entry(PYTHON.to_owned()).or_default().push(python_turn(&python, &server)?);
    }
    Ok(turns)
}

fn python_turn(python: &Path, server: &Server) -> Result<Turn> {
    found(at(server, python_program(python, "streams.py").args(["--long", "2", "--short", "300"])))
}

fn at<'a>(server: &Server, command: &'a mut Command) -> &'a mut Command {
    command.args(["--base-url", &server.base_url])
}

fn text(from_memory: &[Measured<3>], over_loopback: &Turns) -> String {
    let heading = ["100,000 frames and the final one", CLIENT, "memchr and serde_json", "eventsource-stream"];
    let rows = FORMS.iter().zip(from_memory).map(|(form, measured)| {
        let [ours, limit, other] = [OURS, LIMIT, EVENTSOURCE_STREAM].map(|way| measured.shown(way));
        [form.shown.to_owned(), ours, limit, other]
    });
    let rows: Vec<_> = std::iter::once(heading.map(str::to_owned)).chain(rows).collect();
    let how = "From the bytes of a stream in memory to its events, in ms, and in brackets the ratio to \
               [splitting with memchr and decoding with serde_json](bench/side-by-side/src/streams.rs),\nwhich knows one kind of line end \
               and no bound of time or size. The frames hold a word each, written as the API's documentation shows them; those with more \
               members\nare as OpenAI writes them.\n\n";
    let loopback = "\nOver a connection of loopback that is kept alive, from a server in a process of its own that writes pieces of 1.4 kB as \
                    fast as they are taken. The first delta says when the server\nmade it. async-openai's frames have more members. CPU of the \
                    client's whole process.\n\n";
    format!("{how}{}{loopback}{}", markdown_table(&rows), markdown_table(&loopback_rows(over_loopback)))
}

fn loopback_rows(turns: &Turns) -> Vec<[String; 5]> {
    let heading = ["client", "deltas a second", "CPU a delta, µs", "first delta after, p50, µs", "p99, µs"];
    let rows = turns.iter().map(|(client, turns)| {
        let middle = |value: fn(&Turn) -> f64, scale: f64| {
            let values: Vec<_> = turns.iter().map(value).collect();
            figure(median(&values) * scale)
        };
        [
            client.clone(),
            middle(|turn| turn.deltas_a_second, 1.0),
            middle(|turn| turn.cpu, 1e6),
            middle(|turn| turn.first_p50, 1e6),
            middle(|turn| turn.first_p99, 1e6),
        ]
    });
    std::iter::once(heading.map(str::to_owned)).chain(rows).collect()
}
