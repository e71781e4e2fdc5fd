//! Ctrl-C and SIGTERM.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};
use std::time::{Duration, Instant};

use crate::gate::Gate;
use crate::support::{Home, json};

const FACTS: usize = 2000;

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

/// A home from which nothing comes back until the gate is opened, and the way past it.
fn gated() -> (Home, Gate, String) {
    let mut home = Home::new();
    let gate = Gate::before(home.server().address(), &home.runtime);
    let direct = std::mem::replace(&mut home.base_url, format!("http://{}", gate.address));
    (home, gate, direct)
}

/// An import that has sent something, and has been told to stop.
fn stopped_import(home: &Home, gate: &Gate, signal: &str) -> (Child, BufReader<ChildStderr>) {
    let facts: Vec<String> = (0..FACTS).map(|number| format!("fact {number}")).collect();
    home.write("facts.txt", &facts.join("\n"));
    let mut child = home.command(&["import", "facts.txt", "--json"]).spawn().unwrap();
    gate.wait_for_bytes();
    send(signal, &child);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("Finishing the requests under way."), "{line}");
    (child, stderr)
}

fn end(mut child: Child) -> (Option<i32>, serde_json::Value) {
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    (child.wait().unwrap().code(), json(&stdout))
}

#[test]
fn an_import_that_is_told_to_stop_finishes_what_is_in_flight_and_says_how_to_go_on() {
    for (signal, code, kind) in [("-INT", 130, "interrupted"), ("-TERM", 143, "terminated")] {
        let (mut home, gate, direct) = gated();
        let (child, _stderr) = stopped_import(&home, &gate, signal);
        gate.open();
        let (exit, envelope) = end(child);
        assert_eq!((exit, &envelope["error"]["kind"]), (Some(code), &kind.into()), "{envelope}");
        home.base_url = direct;
        let totals = &envelope["data"]["totals"];
        let stored = home.facts("default").len();
        // Eight requests of fifty facts at most are under way.
        assert!((50..=400).contains(&stored), "{stored}");
        assert_eq!((&totals["stored"], &totals["not_attempted"]), (&stored.into(), &(FACTS - stored).into()));
        assert!(envelope["error"]["hint"].as_str().unwrap().ends_with("import facts.txt.failed.jsonl"), "{envelope}");
        home.ok(&["import", "facts.txt.failed.jsonl"]);
        assert_eq!(home.facts("default").len(), FACTS);
    }
}

#[test]
fn an_import_that_is_told_twice_gives_up_at_once_and_keeps_every_fact() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let (mut home, gate, direct) = gated();
        let (child, _stderr) = stopped_import(&home, &gate, signal);
        // The gate stays closed: what is in flight never ends.
        send(signal, &child);
        let (exit, envelope) = end(child);
        assert_eq!(exit, Some(code), "{envelope}");
        assert_eq!(envelope["data"]["totals"]["unknown"], FACTS, "{envelope}");
        assert_eq!(home.read("facts.txt.failed.jsonl").lines().count(), FACTS);
        home.base_url = direct;
        home.ok(&["import", "facts.txt.failed.jsonl"]);
        assert_eq!(home.facts("default").len(), FACTS);
    }
}

#[test]
fn an_export_that_is_told_to_stop_leaves_the_file_as_it_was() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let (home, gate, _) = gated();
        home.write("work.jsonl", "before");
        let child = home.command(&["export", "-o", "work.jsonl", "--json"]).spawn().unwrap();
        gate.wait_for_bytes();
        send(signal, &child);
        let (exit, envelope) = end(child);
        assert_eq!(exit, Some(code), "{envelope}");
        assert!(
            envelope["error"]["message"].as_str().unwrap().contains("nothing was written to work.jsonl"),
            "{envelope}"
        );
        assert_eq!(home.read("work.jsonl"), "before");
        assert_eq!(std::fs::read_dir(home.folder.path()).unwrap().count(), 1, "something is left lying about");
    }
}

#[test]
fn an_export_that_nobody_reads_ends_at_the_second_signal() {
    let home = Home::new();
    let facts: Vec<String> = (0..5000).map(|number| format!("a fact with the number {number}")).collect();
    home.write("facts.txt", &facts.join("\n"));
    home.ok(&["import", "facts.txt"]);
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut child = home.command(&["export"]).spawn().unwrap();
        // It writes, and fills the pipe soon. On a machine where that takes longer, the first signal finds it between two pages, and ends it.
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        std::thread::sleep(Duration::from_secs(1));
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "it hangs");
            send(signal, &child);
            std::thread::sleep(Duration::from_millis(100));
        };
        assert_eq!(status.code(), Some(code));
    }
}
