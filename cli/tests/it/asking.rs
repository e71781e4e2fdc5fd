use std::process::Stdio;
use std::time::{Duration, Instant};

use lumetra_engram_local::{Fault, LocalServer};

use crate::support::{Home, KEY, with_input};

/// Longer than anything takes that works.
const LONGEST: Duration = Duration::from_secs(60);

#[test]
fn what_is_remembered_is_answered_from_found_and_listed() {
    let home = Home::new();
    let stored = home.ok(&["remember", "The user prefers dark mode."]);
    assert!(stored.starts_with("Stored  The user prefers dark mode."), "{stored}");
    assert!(home.ok(&["remember", "The user prefers dark mode."]).starts_with("Merged  "));
    let answer = home.ok(&["ask", "--sources", "Which", "mode", "does", "the", "user", "prefer?"]);
    assert!(
        answer.starts_with("From memory: The user prefers dark mode.\n\nThe user prefers dark mode.\n"),
        "{answer}"
    );
    assert!(answer.contains("default · "), "{answer}");
    assert!(home.ok(&["recall", "dark mode"]).starts_with("The user prefers dark mode.\n  default · "));
    let listed = home.ok(&["list"]);
    assert!(listed.ends_with("  The user prefers dark mode.\n") && listed.lines().count() == 1, "{listed}");
    let data = home.data(&["ask", "Which mode?"]);
    assert_eq!(data["answer"], "From memory: The user prefers dark mode.");
    assert_eq!(data["sources"][0]["content"], "The user prefers dark mode.");
}

#[test]
fn an_answer_that_is_shown_once_it_is_whole_is_waited_for_as_long_as_it_is_written() {
    let mut home = Home::new();
    // A piece comes at once, and the next one never.
    let slow = LocalServer::builder().api_key(KEY).delta_latency(Duration::from_secs(3600));
    let server = home.runtime.block_on(slow.start()).unwrap();
    home.base_url = server.base_url().to_owned();
    home.ok(&["remember", "The user prefers dark mode."]);
    for arguments in [&["ask", "Which mode?"][..], &["ask", "--json", "Which mode?"]] {
        let mut asking = home.command(arguments).spawn().unwrap();
        let begin = Instant::now();
        while server.open_streams() == 0 {
            assert!(begin.elapsed() < LONGEST && asking.try_wait().unwrap().is_none(), "it asks for no stream");
            std::thread::sleep(Duration::from_millis(5));
        }
        asking.kill().unwrap();
        asking.wait().unwrap();
        while server.open_streams() > 0 {
            assert!(begin.elapsed() < LONGEST, "the stream stays open");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn several_buckets_are_searched() {
    let home = Home::new();
    home.ok(&["remember", "--bucket", "work", "The team drinks coffee."]);
    home.ok(&["remember", "-b", "home", "The family drinks cocoa."]);
    let found = home.data(&["recall", "--bucket", "work", "--bucket", "home", "drinks"]);
    let mut buckets: Vec<_> =
        found["memories"].as_array().unwrap().iter().map(|memory| memory["bucket"].as_str().unwrap()).collect();
    buckets.sort_unstable();
    assert_eq!(buckets, ["home", "work"]);
    let ended = home.run(&["recall", "--bucket", "work", "nothing like it"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, "No memories match in \"work\".\n"));
}

#[test]
fn several_facts_come_as_arguments_or_one_a_line() {
    let home = Home::new();
    home.ok(&["remember", "-b", "a", "one apple", "two pears"]);
    assert_eq!(home.facts("a"), ["one apple", "two pears"]);
    for arguments in [&["remember", "-b", "b", "-"][..], &["remember", "-b", "c"]] {
        let ended = with_input(home.command(arguments), "three plums\n\nfour figs\n");
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(ended.stdout.matches("Stored  ").count(), 2, "{ended:?}");
    }
    assert_eq!(home.facts("b"), ["four figs", "three plums"]);
    assert_eq!(home.facts("c"), home.facts("b"));
    let nothing = home.run(&["remember"]);
    assert_eq!(nothing.code, 2, "{nothing:?}");
}

#[test]
fn a_list_says_that_there_is_more() {
    let home = Home::new();
    let facts: Vec<String> = (0..25).map(|number| format!("fact number {number}")).collect();
    home.ok(&[&["remember"], &facts.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat());
    let ended = home.run(&["list"]);
    assert_eq!(ended.stdout.lines().count(), 20);
    assert!(ended.stderr.contains("--all"), "{ended:?}");
    assert_eq!(home.data(&["list", "--limit", "3"])["memories"].as_array().unwrap().len(), 3);
    assert_eq!(home.data(&["list", "--limit", "25"])["has_more"], false);
    assert_eq!(home.facts("default").len(), 25);
}

#[test]
fn a_memory_cannot_colour_the_output_and_there_is_no_colour_without_a_terminal() {
    let home = Home::new();
    home.ok(&["remember", "red \u{1b}[31m tea"]);
    for command in ["list", "recall"] {
        let shown = home.ok(&[&[command][..], &["tea"][..usize::from(command == "recall")]].concat());
        assert!(shown.contains("tea") && !shown.contains('\u{1b}'), "{shown}");
    }
}

#[test]
fn whoever_stops_reading_is_no_error() {
    let home = Home::new();
    let facts: Vec<String> = (0..3000).map(|number| format!("a fact with the number {number}")).collect();
    home.write("facts.txt", &facts.join("\n"));
    home.ok(&["import", "facts.txt"]);
    for arguments in [
        &["list", "--all"][..],
        &["list", "--all", "--json"],
        &["export"],
        &["export", "--all"],
        &["ask", "Which fact has the number 7?"],
        &["recall", "number 7"],
        &["bucket", "list"],
        &["--help"],
        &["completions", "bash"],
        &[],
    ] {
        let mut child = home.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        // It finds the pipe closed when it writes.
        drop(child.stdout.take());
        let ended = crate::support::ended(child.wait_with_output().unwrap());
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn a_batch_that_fails_in_part_says_which_facts() {
    let home = Home::new();
    let large = "x".repeat(300 * 1024);
    let ended = with_input(home.command(&["remember", "-", "--json"]), &format!("small\n{large}\n"));
    assert_eq!(ended.code, 7, "{ended:?}");
    let envelope = crate::support::json(&ended.stdout);
    assert_eq!(envelope["error"]["kind"], "partial");
    let statuses: Vec<_> = envelope["data"]["facts"].as_array().unwrap().iter().map(|fact| &fact["status"]).collect();
    assert_eq!(statuses, ["stored", "failed"]);
    home.server().fail_next([Fault::Status(401)]);
    assert_eq!(home.run(&["remember", "a", "b"]).code, 3);
}
