use std::fs;

use crate::support::{Home, json};

#[test]
fn what_is_exported_and_imported_again_is_the_same() {
    let home = Home::new();
    let facts = ["Ana prefers tea.", "It says \"hello\",\nand more.", "日本語の事実", "a\tb, c"];
    home.ok(&[&["remember", "-b", "work"][..], &facts].concat());
    home.ok(&["remember", "-b", "home", "The spare key is under the pot."]);
    let before = home.facts("work");
    assert_eq!(before.len(), 4);
    assert!(home.ok(&["ask", "-b", "work", "What does Ana prefer?"]).contains("tea"));
    assert_eq!(home.ok(&["export", "-b", "work", "-o", "work.jsonl"]), "Exported 4 memories to work.jsonl.\n");
    for line in home.read("work.jsonl").lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(["id", "content", "bucket", "created_at"].iter().all(|name| line[name].is_string()), "{line}");
    }
    assert_eq!(home.ok(&["export", "--bucket", "work"]), home.read("work.jsonl"));
    home.ok(&["export", "--all", "--output", "all.jsonl"]);
    assert_eq!(home.run(&["export", "--all", "--bucket", "work"]).code, 2);
    assert_eq!(home.run(&["export", "--bucket", "nowhere"]).code, 4);
    home.ok(&["clear", "work", "--yes"]);
    home.ok(&["clear", "home", "--yes"]);
    assert_eq!(home.ok(&["import", "work.jsonl"]), "Stored 4 facts, merged 0.\n");
    assert_eq!(home.facts("work"), before);
    assert_eq!(home.ok(&["import", "all.jsonl"]), "Stored 1 fact, merged 4.\n");
    assert_eq!(home.facts("home"), ["The spare key is under the pot."]);
    home.ok(&["import", "--bucket", "copy", "all.jsonl"]);
    assert_eq!(home.facts("copy").len(), 5);
}

#[test]
fn an_export_that_fails_leaves_the_file_as_it_was() {
    let home = Home::new();
    home.write("work.jsonl", "before");
    home.server().fail_next([lumetra_engram_local::Fault::Status(500)]);
    assert_eq!(home.run(&["export", "-o", "work.jsonl"]).code, 1);
    assert_eq!(home.read("work.jsonl"), "before");
    assert_eq!(fs::read_dir(home.folder.path()).unwrap().count(), 1, "something is left lying about");
}

#[test]
fn files_of_every_format_are_imported() {
    let home = Home::new();
    home.write("a.csv", "when,Content,bucket\n1,\"tea, green\",csv\n2,\"two\nlines\",\n");
    home.write("b.txt", "\u{feff}one line\n\n  another  \n");
    home.write(
        "memory",
        "{\"type\":\"entity\",\"name\":\"Ana\",\"entityType\":\"person\",\"observations\":[\"Likes tea\"]}\n\
         {\"type\":\"relation\",\"from\":\"Ana\",\"to\":\"Acme\",\"relationType\":\"works_at\"}\n",
    );
    home.write("plain", "a fact in a file without an extension\n");
    home.ok(&["import", "a.csv", "b.txt", "memory", "plain"]);
    assert_eq!(home.facts("csv"), ["tea, green"]);
    assert_eq!(
        home.facts("default"),
        [
            "  another  ",
            "Ana (person): Likes tea.",
            "Ana works at Acme.",
            "a fact in a file without an extension",
            "one line",
            "two\nlines",
        ]
    );
    home.ok(&["import", "--format", "text", "--bucket", "raw", "memory"]);
    assert_eq!(home.facts("raw").len(), 2);
}

#[test]
fn a_file_that_cannot_be_read_through_is_refused_before_anything_is_sent() {
    let home = Home::new();
    home.write("good.txt", "one\n");
    home.write("bad.jsonl", "{\"content\":\"one\"}\n{\"contents\":\"two\"}\n");
    home.write("empty.csv", "content\n\"\"\n");
    home.write("other.csv", "text\none\n");
    for (file, said) in [("bad.jsonl", "bad.jsonl, line 2: "), ("empty.csv", "empty"), ("other.csv", "`content`")] {
        let ended = home.run(&["import", "good.txt", file]);
        assert!(ended.code == 1 && ended.stderr.contains(said), "{ended:?}");
    }
    assert_eq!(home.data(&["bucket", "list"])["buckets"].as_array().unwrap().len(), 0);
}

#[test]
fn facts_that_fail_go_to_a_file_that_can_be_fed_back() {
    let home = Home::new();
    let large = "x".repeat(300 * 1024);
    home.write("facts.txt", &format!("one\n{large}\ntwo\n"));
    let ended = home.run(&["import", "facts.txt", "--bucket", "work"]);
    assert_eq!(ended.code, 7, "{ended:?}");
    assert!(ended.stderr.contains("lumetra-engram import facts.txt.failed.jsonl"), "{ended:?}");
    assert_eq!(home.facts("work"), ["one", "two"]);
    let failed = json(&home.read("facts.txt.failed.jsonl"));
    assert_eq!((&failed["content"], &failed["bucket"]), (&large.into(), &"work".into()));
    assert!(failed["error"].as_str().unwrap().contains("422"), "{}", failed["error"]);
    // It is mended by hand, and fed back.
    home.write("facts.txt.failed.jsonl", "{\"content\":\"three\",\"bucket\":\"work\",\"error\":\"too large\"}\n");
    home.ok(&["import", "facts.txt.failed.jsonl"]);
    assert_eq!(home.facts("work"), ["one", "three", "two"]);
    assert!(!home.path("facts.txt.failed.jsonl.failed.jsonl").exists());
    // What is there already is not overwritten.
    assert_eq!(home.run(&["import", "facts.txt"]).code, 7);
    assert!(home.read("facts.txt.failed.jsonl").contains("three") && home.path("facts.txt.failed-2.jsonl").exists());
}

#[test]
fn an_import_that_is_refused_as_a_whole_keeps_everything_to_go_on() {
    let home = Home::new();
    home.write("facts.txt", "one\ntwo\n");
    let mut command = home.command(&["import", "facts.txt", "--json"]);
    let ended = crate::support::ended(command.env("ENGRAM_API_KEY", "eng_live_wrong_wrong").output().unwrap());
    let envelope = json(&ended.stdout);
    assert_eq!((ended.code, &envelope["error"]["kind"]), (3, &"auth".into()), "{envelope}");
    assert_eq!(home.ok(&["import", "facts.txt.failed.jsonl"]), "Stored 2 facts, merged 0.\n");
}
