//! In a pseudo-terminal.

use std::process::{Command, Stdio};
use std::time::Duration;

use lumetra_engram_local::LocalServer;
use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use crate::gate::Gate;
use crate::support::{Home, KEY};

/// Only a program that hangs takes so long.
const LONGEST: u64 = 120_000;

fn session(mut command: Command) -> PtySession {
    command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit()).env("TERM", "xterm");
    spawn_command(command, Some(LONGEST)).unwrap()
}

/// What the command shows on a terminal of this width, without colours.
fn at_width(width: usize, home: &Home, arguments: &[&str]) -> String {
    let program = home.command(arguments);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "stty rows 24 cols $0 && exec \"$@\"", &width.to_string()]).arg(program.get_program());
    shell.args(program.get_args()).current_dir(home.folder.path()).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("PATH", "/usr/bin:/bin");
    let mut session = session(shell);
    let said = session.exp_eof().unwrap();
    // A character of it is a byte.
    let bytes = said.chars().map(|character| u8::try_from(character).unwrap()).collect();
    anstream::adapter::strip_str(&String::from_utf8(bytes).unwrap()).to_string()
}

/// No line is longer than the terminal is wide, but for one word, such as an id.
fn fits(width: usize, shown: &str) -> bool {
    shown.split(['\r', '\n']).all(|line| line.chars().count() <= width || !line.trim().contains(' '))
}

fn code(session: &PtySession) -> i32 {
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn clear_asks_for_the_name_of_the_bucket() {
    let home = Home::new();
    home.ok(&["remember", "-b", "work", "one"]);
    for (typed, left) in [("yes", 1), ("work", 0)] {
        let mut session = session(home.command(&["clear", "work"]));
        session.exp_string("Type work to confirm: ").unwrap();
        session.send_line(typed).unwrap();
        let said = session.exp_eof().unwrap();
        assert_eq!(code(&session), if left == 0 { 0 } else { 2 }, "{said}");
        assert_eq!(home.facts("work").len(), left, "{said}");
    }
    home.ok(&["remember", "-b", "work", "one"]);
    let mut session = session(home.command(&["clear", "work", "--no-input"]));
    assert!(session.exp_eof().unwrap().contains("--confirm work"));
}

#[test]
fn login_does_not_show_the_key_that_is_typed() {
    let home = Home::new();
    let mut session = session(home.bare(&["login", "--base-url", &home.base_url]));
    session.exp_string("(not shown): ").unwrap();
    session.send_line(KEY).unwrap();
    let said = session.exp_eof().unwrap();
    assert!(code(&session) == 0 && said.contains("Logged in") && !said.contains(KEY), "{said}");
}

#[test]
fn an_answer_shows_as_it_is_written_and_ctrl_c_says_that_it_is_not_whole() {
    let mut home = Home::new();
    // A piece comes at once, and the next one never.
    let slow = LocalServer::builder().api_key(KEY).delta_latency(Duration::from_secs(1));
    let server = home.runtime.block_on(slow.start()).unwrap();
    home.base_url = server.base_url().to_owned();
    let fact = "The user likes green tea from the hills of Uji and no other tea at all in the afternoon.";
    home.ok(&["remember", fact]);
    let mut session = session(home.command(&["ask", "Which tea does the user like?"]));
    session.exp_string("From memory").unwrap();
    session.send_control('c').unwrap();
    let said = session.exp_eof().unwrap();
    assert!(said.contains("interrupted; the answer above is incomplete") && !said.contains("afternoon"), "{said}");
    assert_eq!(code(&session), 130);
}

#[test]
fn an_import_shows_its_progress_and_colours_can_be_turned_off() {
    let home = Home::new();
    home.write("facts.txt", "one\ntwo\nthree\n");
    let mut session = session(home.command(&["import", "facts.txt"]));
    let said = session.exp_eof().unwrap();
    assert!(said.contains("/3 facts") && said.contains("Stored 3 facts"), "{said}");
    for (variable, value, coloured) in [("X", "", true), ("NO_COLOR", "1", false), ("TERM", "dumb", false)] {
        let mut command = home.command(&["list"]);
        command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
        command.env("TERM", "xterm").env(variable, value);
        let mut session = spawn_command(command, Some(LONGEST)).unwrap();
        let said = session.exp_eof().unwrap();
        assert_eq!(said.contains('\u{1b}'), coloured, "{variable}: {said:?}");
    }
}

#[test]
fn ctrl_c_while_waiting_for_an_answer_ends_with_130() {
    let mut home = Home::new();
    let gate = Gate::before(home.server().address(), &home.runtime);
    home.base_url = format!("http://{}", gate.address);
    let mut session = session(home.command(&["ask", "anything"]));
    gate.wait_for_bytes();
    session.send_control('c').unwrap();
    assert!(session.exp_eof().unwrap().contains("interrupted"));
    assert_eq!(code(&session), 130);
}

#[test]
fn a_narrow_terminal_gets_whole_words_in_lines_that_fit() {
    let home = Home::new();
    let fact = "Ana prefers green tea from the hills of Uji and no other tea at all in the afternoon.";
    home.ok(&["remember", "-b", "default", fact, "The office closes at 18:00."]);
    home.ok(&["bucket", "create", "acme-backend", "--description", "What everybody at Acme needs to know of it"]);
    let id = home.data(&["list"])["memories"][0]["id"].as_str().unwrap().to_owned();
    for width in [20, 40, 80] {
        let show = |arguments: &[&str]| at_width(width, &home, arguments);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for command in [&["list"][..], &["recall", "tea"], &["remember", fact]] {
            let shown = show(command);
            assert!(fits(width, &shown) && words(&shown).contains(fact), "{command:?} at {width}:\n{shown}");
        }
        let list = show(&["list"]);
        assert!(list.lines().any(|line| line.starts_with(&id)), "at {width}:\n{list}");
        let answer = show(&["ask", "--sources", "Which tea does Ana prefer?"]);
        let sources = answer.split_once("From these memories:").unwrap().1;
        assert!(fits(width, sources) && words(sources).contains(fact), "at {width}:\n{answer}");
        let buckets = show(&["bucket", "list"]);
        assert!(fits(width, &buckets), "at {width}:\n{buckets}");
        assert!(words(&buckets).contains("acme-backend 0 What everybody at Acme needs to know of it"), "{buckets}");
        assert!(words(&buckets).contains("default 2"), "at {width}:\n{buckets}");
        let doctor = show(&["doctor"]);
        assert!(
            fits(width, &doctor) && words(&doctor).contains("ok access the key works: 2 buckets"),
            "at {width}:\n{doctor}"
        );
    }
}

#[test]
fn a_narrow_terminal_gets_a_progress_bar_that_fits() {
    let home = Home::new();
    let facts: Vec<String> = (0..1200).map(|number| format!("fact {number}")).collect();
    home.write("facts.txt", &facts.join("\n"));
    for (width, said) in [(20, " %"), (40, "/1,200 facts"), (60, "/1,200 facts, "), (120, "/1,200 facts, ")] {
        for command in [&["import", "facts.txt"][..], &["export", "--output", "copy.jsonl"]] {
            let shown = at_width(width, &home, command);
            let (bar, _) = shown.rsplit_once(['S', 'E']).unwrap();
            assert!(bar.contains(said) && fits(width, bar), "at {width}: {shown:?}");
        }
    }
}
