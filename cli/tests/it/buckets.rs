//! Which bucket a command uses that is told none.

use std::process::Command;

use crate::support::{Home, ended, json};

/// A project below the home folder, with a file that names its bucket.
fn project() -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.path("project/deep")).unwrap();
    home.write("project/.engram.toml", "bucket = \"team\"\n");
    home
}

fn in_project(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(arguments);
    command.current_dir(home.path("project/deep"));
    command
}

#[test]
fn every_command_uses_the_bucket_of_the_project_s_file() {
    let home = project();
    home.write("project/deep/facts.txt", "The team drinks coffee.\n");
    home.write("project/deep/named.jsonl", "{\"content\":\"The guests drink water.\",\"bucket\":\"guests\"}\n");
    let ok = |arguments: &[&str]| {
        let ended = ended(in_project(&home, arguments).output().unwrap());
        assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
        ended.stdout
    };
    ok(&["remember", "Ana leads the team."]);
    ok(&["import", "facts.txt"]);
    assert_eq!(home.facts("team"), ["Ana leads the team.", "The team drinks coffee."]);
    ok(&["import", "named.jsonl"]);
    assert_eq!(home.facts("guests"), ["The guests drink water."]);
    assert_eq!(ok(&["list"]).lines().count(), 2);
    assert_eq!(ok(&["export"]).lines().count(), 2);
    assert!(ok(&["recall", "coffee"]).contains("team · "));
    assert!(ok(&["ask", "What does the team drink?"]).contains("coffee"));
    assert!(ok(&["profile", "show"]).contains("\"team\""));
    let listed = json(&ok(&["list", "--limit", "1", "--json"]));
    ok(&["forget", listed["data"]["memories"][0]["id"].as_str().unwrap()]);
    assert_eq!(home.facts("team").len(), 1);
    // The folders above it are no part of the project.
    assert_eq!(home.run(&["list"]).code, 4);
}

#[test]
fn the_option_beats_the_variable_that_beats_the_file() {
    let home = project();
    for (option, variable, used) in
        [(Some("a"), Some("b"), "a"), (None, Some("b"), "b"), (None, Some(""), "team"), (None, None, "team")]
    {
        let mut command = in_project(&home, &["remember", "--json", "a fact"]);
        command.args(option.into_iter().flat_map(|name| ["--bucket", name]));
        command.envs(variable.map(|name| ("ENGRAM_BUCKET", name)));
        let ended = ended(command.output().unwrap());
        assert_eq!(json(&ended.stdout)["data"]["bucket"], used, "{option:?} {variable:?}: {ended:?}");
    }
    // An option that is empty is the mistake of a script, which must not hit another bucket.
    for command in [&["export"][..], &["import", "facts.txt"], &["recall", "coffee"]] {
        let ended = ended(in_project(&home, &[command, &["--bucket", ""]].concat()).output().unwrap());
        assert!(ended.code == 2 && ended.stderr.contains("--bucket"), "{ended:?}");
    }
}

#[test]
fn doctor_says_which_bucket_is_used_and_why() {
    let home = project();
    let bucket = |change: &dyn Fn(&mut Command)| {
        let mut command = in_project(&home, &["doctor"]);
        change(&mut command);
        let ended = ended(command.output().unwrap());
        ended.stdout.lines().find(|line| line.contains("  bucket  ")).unwrap_or_default().to_owned()
    };
    let of_file = bucket(&|_| {});
    assert!(of_file.contains("\"team\", from ") && of_file.contains(".engram.toml"), "{of_file}");
    let of_variable = bucket(&|command| _ = command.env("ENGRAM_BUCKET", "b"));
    assert!(of_variable.ends_with("\"b\", from ENGRAM_BUCKET"), "{of_variable}");
    home.write("project/.engram.toml", "bucket = 1\n");
    let broken = bucket(&|_| {});
    assert!(broken.starts_with("problem") && broken.contains("expected a string"), "{broken}");
    std::fs::remove_file(home.path("project/.engram.toml")).unwrap();
    // An agent's memory is elsewhere here, which is the first thing that people wonder about.
    let of_nothing = bucket(&|_| {});
    assert!(
        of_nothing
            .contains("\"default\", because no other bucket is set; `lumetra-engram mcp` uses \"deep\" in this folder"),
        "{of_nothing}"
    );
}
