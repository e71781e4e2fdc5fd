//! `serve`, as far as it takes care of a database.

use lumetra_engram_local::LocalServer;

use crate::support::{Home, json};

#[test]
fn a_database_is_taken_care_of_by_the_commands_of_engram_local() {
    let home = Home::new();
    home.runtime.block_on(async {
        let server = LocalServer::builder().database(home.path("engram.db")).start().await.unwrap();
        server.client().unwrap().store_memory("tea").await.unwrap();
        server.shutdown().await;
    });
    let sound = " is sound: 1 memory in 1 bucket, 0 vectors.\n";
    assert!(home.ok(&["serve", "check"]).ends_with(sound));
    assert!(home.ok(&["serve", "backup", "copy.db"]).starts_with("Copied 1 memory to copy.db: "));
    assert_eq!(home.ok(&["serve", "reindex", "--database", "copy.db"]), "Reindexed 1 memory.\n");
    assert!(home.ok(&["serve", "--database", "copy.db", "compact"]).contains(" before, and "));
    assert!(home.ok(&["serve", "check", "--database", "copy.db"]).ends_with(sound));
    for arguments in [&["serve", "stats", "--json"][..], &["--json", "serve", "stats"], &["serve", "--json", "stats"]] {
        assert_eq!(json(&home.ok(arguments))["memories"], 1, "{arguments:?}");
    }
    assert!(home.ok(&["serve", "stats"]).contains("\nmemories    1\n"));
    for arguments in [&["serve", "check", "--json"][..], &["serve", "--json"]] {
        let ended = home.run(arguments);
        assert!(ended.code == 2 && ended.stdout.contains("has no JSON output"), "{arguments:?}: {ended:?}");
    }
    let missing = home.run(&["serve", "stats", "--database", "missing.db"]);
    assert_eq!(missing.code, 1, "{missing:?}");
    assert!(missing.stderr.starts_with("engram-local: cannot use the database missing.db: it does not exist;"));
    assert!(!home.path("missing.db").exists());
}
