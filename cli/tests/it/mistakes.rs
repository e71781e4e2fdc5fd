//! What goes wrong at first: each error says what to do.

use crate::support::{Home, with_input};

#[test]
fn a_mistake_on_the_command_line_is_told_with_its_cure() {
    let home = Home::new();
    for (arguments, said) in [
        (&["remembr", "tea"][..], "'remember'"),
        (&["ask"], "<QUESTION>"),
        (&["ask", " "], "Put it in quotes"),
        (&["recall", ""], "Put it in quotes"),
        (&["remember", " "], "Example: lumetra-engram remember"),
        (&["remember", "tea", "-"], "two commands"),
        (&["list", "--limit", "0"], "'--limit <NUMBER>'"),
        (&["recall", "tea", "--limit", "0"], "'--limit <NUMBER>'"),
        (&["mcp", "install", "emacs"], "claude-code, cursor"),
        (&["list", "-b", ".."], "a bucket can't be called \"..\""),
        (&["list", "--base-url", "127.0.0.1:7878"], "http://127.0.0.1:7878"),
    ] {
        let ended = home.run(arguments);
        assert!(ended.code == 2 && ended.stderr.contains(said), "{arguments:?}: {ended:?}");
    }
    let mcp = home.run(&["mcp", "--bucket", ".."]);
    assert!(mcp.code == 1 && mcp.stderr.contains("a bucket can't be called"), "{mcp:?}");
    let nothing = with_input(home.command(&["remember", "-"]), "\n");
    assert!(nothing.code == 2 && nothing.stderr.contains("no fact was given"), "{nothing:?}");
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let home = Home::new();
    let listed = home.run(&["list", "-b", "wrok"]);
    assert!(listed.code == 4 && listed.stderr.contains("There is no bucket \"wrok\""), "{listed:?}");
    let found = home.run(&["recall", "-b", "wrok", "tea"]);
    assert_eq!((found.code, found.stderr.as_str()), (0, "No memories match in \"wrok\".\n"));
}

#[test]
fn a_file_that_cannot_be_imported_is_told_with_its_cure() {
    let home = Home::new();
    std::fs::create_dir(home.path("folder")).unwrap();
    for (name, bytes, place, said) in [
        ("latin1.txt", &b"tea\ncaf\xe9\n"[..], ", line 2: ", "iconv"),
        ("latin1.csv", b"content\ncaf\xe9\n", ", line 2: ", "iconv"),
        ("latin1.jsonl", b"{\"content\":\"caf\xe9\"}\n", ", line 1: ", "iconv"),
        ("headless.csv", b"Ana likes tea\nBob likes coffee\n", ": its first line", "content,bucket"),
        ("ragged.csv", b"content\ntea, green\n", ", line 2: ", "double quotes"),
        ("dots.jsonl", b"{\"content\":\"tea\",\"bucket\":\"..\"}", ", line 1: ", "Name another bucket"),
        ("twice.jsonl", b"{\"content\":\"tea\",\"content\":\"tea\"}", ", line 1: ", "duplicate field `content`"),
        ("hole.csv", b"content,bucket\ntea,a\n,b\n", ", line 3: ", "Fill it in"),
        ("array.json", b"[{\"content\":\"tea\"}]", ", line 1: ", "jq -c '.[]'"),
        ("pretty.json", b"{\n  \"content\": \"tea\"\n}\n", ", line 1: ", "jq -c ."),
    ] {
        std::fs::write(home.path(name), bytes).unwrap();
        let ended = home.run(&["import", name]);
        assert_eq!(ended.code, 1, "{ended:?}");
        for said in [&format!("{name}{place}"), said, "nothing was imported"] {
            assert!(ended.stderr.contains(said), "{said}: {ended:?}");
        }
    }
    for (name, said) in [("folder", "Pass the files in it"), ("nowhere.txt", "nowhere.txt")] {
        let ended = home.run(&["import", name]);
        assert!(ended.code == 1 && ended.stderr.contains(said), "{ended:?}");
    }
    assert_eq!(home.data(&["bucket", "list"])["buckets"].as_array().unwrap().len(), 0);
}

#[test]
fn line_ends_of_windows_a_byte_order_mark_and_a_last_line_without_end_are_no_part_of_a_fact() {
    let home = Home::new();
    for (name, text) in [
        ("facts.txt", "\u{feff}one\r\ntwo"),
        ("facts.csv", "\u{feff}content\r\none\r\ntwo"),
        ("facts.jsonl", "\u{feff}{\"content\":\"one\"}\r\n{\"content\":\"two\"}"),
    ] {
        home.write(name, text);
        home.ok(&["import", "--bucket", name, name]);
        assert_eq!(home.facts(name), ["one", "two"], "{name}");
    }
    let ended = with_input(home.command(&["remember", "-b", "stdin"]), "\u{feff}one\r\ntwo");
    assert_eq!((ended.code, home.facts("stdin")), (0, vec!["one".to_owned(), "two".to_owned()]));
}

#[test]
fn an_import_of_which_nothing_is_stored_says_why() {
    let mut home = Home::new();
    home.write("my facts.txt", "tea\n");
    let server = home.server.take().unwrap();
    home.runtime.block_on(server.shutdown());
    let ended = home.run(&["import", "my facts.txt"]);
    assert!(ended.code == 6 && ended.stderr.contains("cannot connect"), "{ended:?}");
    assert!(
        ended.stderr.contains("1 fact failed\n") && ended.stderr.contains("import 'my facts.txt.failed.jsonl'"),
        "{ended:?}"
    );
}

#[test]
fn an_export_to_a_folder_that_is_not_there_says_which() {
    let home = Home::new();
    home.ok(&["remember", "tea"]);
    let ended = home.run(&["export", "-o", "nowhere/facts.jsonl"]);
    assert!(ended.code == 1 && ended.stderr.contains("mkdir -p nowhere"), "{ended:?}");
    std::fs::create_dir(home.path("folder")).unwrap();
    let ended = home.run(&["export", "-o", "folder"]);
    assert!(ended.code == 1 && ended.stderr.contains("cannot write folder"), "{ended:?}");
}

#[cfg(unix)]
#[test]
fn an_export_never_takes_the_place_of_a_pipe_or_a_link() {
    use std::os::unix::fs::FileTypeExt;
    let home = Home::new();
    home.ok(&["remember", "tea"]);
    let pipe = home.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    home.ok(&["export", "-o", "pipe"]);
    assert!(reader.join().unwrap().contains("\"tea\""));
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    home.write("real.jsonl", "before");
    std::os::unix::fs::symlink("real.jsonl", home.path("link.jsonl")).unwrap();
    home.ok(&["export", "-o", "link.jsonl"]);
    assert!(home.path("link.jsonl").is_symlink() && home.read("real.jsonl").contains("tea"));
}
