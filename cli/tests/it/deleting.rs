use crate::support::Home;

#[test]
fn a_memory_is_forgotten_by_its_id() {
    let home = Home::new();
    home.ok(&["remember", "one", "two"]);
    let listed = home.data(&["list"]);
    let id = listed["memories"][0]["id"].as_str().unwrap();
    assert_eq!(home.ok(&["forget", id]), format!("Forgot {id}.\n"));
    assert_eq!(home.facts("default").len(), 1);
    let ended = home.run(&["forget", id]);
    assert_eq!(ended.code, 4, "{ended:?}");
    let other = listed["memories"][1]["id"].as_str().unwrap();
    let ended = home.run(&["forget", other, id, "third"]);
    assert_eq!((ended.code, ended.stdout), (4, format!("Forgot {other}.\n")));
    assert!(ended.stderr.contains(&format!("error: {id}: ")) && ended.stderr.contains("1 after it not attempted"));
}

#[test]
fn without_a_terminal_nothing_is_cleared_unless_it_is_confirmed() {
    let home = Home::new();
    home.ok(&["remember", "-b", "work", "one"]);
    for command in [&["clear", "work"][..], &["bucket", "delete", "work"]] {
        for (more, said) in [(&[][..], "--confirm work"), (&["--confirm", "wrok"], "is not")] {
            let ended = home.run(&[command, more].concat());
            assert!(ended.code == 2 && ended.stderr.contains(said), "{command:?} {more:?}: {ended:?}");
            assert!(ended.stderr.contains("nothing was deleted"), "{ended:?}");
            assert_eq!(home.facts("work"), ["one"]);
        }
    }
    assert_eq!(home.ok(&["clear", "work", "--confirm", "work"]), "Cleared \"work\": deleted 1 memory.\n");
    assert_eq!(home.facts("work"), [""; 0]);
    home.ok(&["bucket", "delete", "work", "--yes"]);
    assert_eq!(home.data(&["bucket", "list"])["buckets"].as_array().unwrap().len(), 0);
}

#[test]
fn buckets_are_created_and_listed() {
    let home = Home::new();
    home.ok(&["bucket", "create", "work", "--description", "What is needed at work"]);
    home.ok(&["remember", "-b", "w", "one"]);
    let listed = home.ok(&["bucket", "list"]);
    assert!(
        listed.contains("work         0  What is needed at work\n") && listed.contains("w            1\n"),
        "{listed}"
    );
    let again = home.run(&["bucket", "create", "work", "--json"]);
    assert_eq!(again.code, 1);
    assert_eq!(crate::support::json(&again.stdout)["error"]["kind"], "conflict");
}

#[test]
fn a_bucket_without_a_profile_says_so() {
    let home = Home::new();
    home.ok(&["remember", "one"]);
    let shown = home.run(&["profile", "show"]);
    assert!(shown.code == 0 && shown.stdout.contains("has no profile"), "{shown:?}");
    let regenerated = home.run(&["profile", "regenerate"]);
    assert!(!regenerated.stderr.is_empty(), "{regenerated:?}");
}
