//! Care of the data: the commands `backup`, `check`, `reindex`, `compact` and `stats`, beside a server at work and without one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::routing::post;
use axum::{Json, Router};
use fastrand::Rng;
use futures_util::future::join_all;
use lumetra_engram::EngramClient;
use parking_lot::Mutex;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::chat::Endpoint;
use crate::endpoint::{Served, serve};
use crate::files::{beside, files, left, modes, private, word};
use crate::program::{program, send, start_command, start_on};
use crate::wire::{LONG, client, database, open, open_and_connect, start_with};

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) errors: String,
}

fn command(path: &Path, arguments: &[&str]) -> Command {
    let mut command = program(arguments);
    command.arg("--database").arg(path).stdin(Stdio::null());
    command
}

pub(crate) async fn run(path: &Path, arguments: &[&str]) -> Ended {
    let output = command(path, arguments).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), errors: text(output.stderr) }
}

/// Runs a command that must succeed, and returns what it says.
pub(crate) async fn ok(path: &Path, arguments: &[&str]) -> String {
    let ended = run(path, arguments).await;
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""), "{arguments:?}: {ended:?}");
    ended.out
}

/// A database with this many memories of about this many bytes, and a word of its own in each.
async fn make(path: &Path, memories: usize, bytes: usize) {
    let (server, engram) = open_and_connect(path).await;
    let content = |number| format!("The user prefers tea fact{number} {}", "x".repeat(bytes));
    for numbers in (0..memories).collect::<Vec<_>>().chunks(2000) {
        engram.store_memories(numbers.iter().map(content)).await.unwrap();
    }
    server.shutdown().await;
}

pub(crate) fn change(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// As a server with a model does it: the model `tiny` has two dimensions.
const EMBED: &str = "
    INSERT INTO embedding (model, dimension, done_to) VALUES ('tiny', 2, (SELECT max(id) FROM memories));
    INSERT INTO vectors (bucket_id, memory_id, vector) SELECT bucket_id, id, x'0000803F00000000' FROM memories;
";

fn contents(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare("SELECT content FROM memories ORDER BY id").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

async fn memories(engram: &EngramClient, bucket: &str) -> Vec<String> {
    let memories = engram.list_memories().bucket(bucket).limit(1000).all().await.unwrap();
    memories.into_iter().map(|memory| memory.content).collect()
}

const WRITERS: usize = 4;
const OF_A_BATCH: usize = 5;

#[tokio::test]
async fn a_backup_in_a_storm_of_writes_has_all_that_was_acknowledged_before_and_no_half_batch() {
    let (directory, path) = database();
    let server = start_on(&path).await;
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let storm: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (engram, acknowledged, stop) = (server.client(), Arc::clone(&acknowledged), Arc::clone(&stop));
            tokio::spawn(async move {
                for number in 0.. {
                    let batch = format!("batch{number}of{writer}");
                    let contents = (0..OF_A_BATCH).map(|item| format!("{batch} item{item}"));
                    engram.store_memories(contents).bucket("storm").await.unwrap();
                    acknowledged.lock().insert(batch);
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                }
            })
        })
        .collect();
    let mut copies = Vec::new();
    for round in 0..5 {
        while acknowledged.lock().len() < (round + 1) * WRITERS {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let before = acknowledged.lock().clone();
        let copy = directory.path().join(format!("copy{round}.db"));
        let said = ok(&path, &["backup", copy.to_str().unwrap()]).await;
        copies.push((copy, before, said));
    }
    stop.store(true, Ordering::Relaxed);
    join_all(storm).await.into_iter().for_each(|writer| writer.unwrap());
    for (copy, before, said) in copies {
        let (_server, engram) = open_and_connect(&copy).await;
        let contents = memories(&engram, "storm").await;
        assert!(said.contains(&format!("Copied {} memories to {}: ", contents.len(), copy.display())), "{said}");
        let mut batches: BTreeMap<&str, usize> = BTreeMap::new();
        for content in &contents {
            *batches.entry(content.split_once(' ').unwrap().0).or_default() += 1;
        }
        assert!(batches.values().all(|items| *items == OF_A_BATCH), "a batch is there by half: {batches:?}");
        let lost: Vec<_> = before.iter().filter(|batch| !batches.contains_key(batch.as_str())).collect();
        assert!(lost.is_empty(), "acknowledged before, and not in the backup: {lost:?}");
        let one = before.first().unwrap();
        assert_eq!(engram.query(one).bucket("storm").await.unwrap().memories_found, i64::try_from(OF_A_BATCH).ok());
    }
}

/// The files that a backup to this one has begun.
fn partial(target: &Path) -> Vec<PathBuf> {
    let beginning = format!("{}.partial-", target.file_name().unwrap().to_str().unwrap());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files(target.parent().unwrap()).into_iter().filter(|path| name(path).starts_with(&beginning)).collect()
}

/// Starts a backup, and returns when it has begun to write. `None` where it was done before that was seen.
async fn begin_backup(path: &Path, target: &Path) -> Option<Child> {
    let mut backup = command(path, &["backup", "--replace", target.to_str().unwrap()]).spawn().unwrap();
    loop {
        let is_written = |path: &PathBuf| fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0);
        if partial(target).iter().any(is_written) {
            return Some(backup);
        }
        if backup.try_wait().unwrap().is_some() {
            return None;
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
}

#[tokio::test]
async fn a_backup_that_is_killed_or_interrupted_leaves_the_file_as_it_was() {
    let (directory, path) = database();
    make(&path, 4000, 1000).await;
    let folder = directory.path().join("backups");
    fs::create_dir(&folder).unwrap();
    for (signal, code) in [("-KILL", None), ("-INT", Some(130))] {
        for exists in [false, true] {
            let target = folder.join(format!("copy{signal}{exists}.db"));
            let mut was_hit = false;
            for _ in 0..50 {
                if exists {
                    fs::write(&target, "what was there").unwrap();
                } else {
                    let _ = fs::remove_file(&target);
                }
                let Some(mut backup) = begin_backup(&path, &target).await else { continue };
                send(&backup, signal).await;
                let status = backup.wait().await.unwrap();
                if !status.success() {
                    assert_eq!(status.code(), code);
                    was_hit = true;
                    break;
                }
            }
            assert!(was_hit, "no backup was still under way");
            if exists {
                assert_eq!(fs::read(&target).unwrap(), b"what was there");
            } else {
                assert!(!target.exists());
            }
            // What was killed can't remove what it had begun.
            assert_eq!(partial(&target).is_empty(), signal == "-INT");
        }
    }
    // The next one isn't bothered by what is left.
    ok(&path, &["backup", "--replace", folder.join("copy-KILLtrue.db").to_str().unwrap()]).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_backup_that_finds_no_room_leaves_no_file() {
    let (directory, path) = database();
    make(&path, 500, 1000).await;
    let folder = directory.path().join("backups");
    fs::create_dir(&folder).unwrap();
    let mut limited = Command::new("prlimit");
    // The signal would end the program before it could see that a write failed.
    limited.args(["--fsize=300000", "sh", "-c", r#"trap "" XFSZ; exec "$0" "$@""#]);
    limited.args([env!("CARGO_BIN_EXE_engram-local"), "backup"]).arg(folder.join("copy.db"));
    let output = limited.arg("--database").arg(&path).output().await.unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    let expected = format!("engram-local: cannot use the database {}: ", folder.join("copy.db").display());
    assert!(errors.starts_with(&expected) && errors.lines().count() == 1, "{errors}");
    assert_eq!(files(&folder), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_backup_overwrites_nothing_unless_it_is_told_to_and_never_the_database() {
    let (directory, path) = database();
    make(&path, 3, 10).await;
    let (_server, engram) = open_and_connect(&path).await;
    let target = directory.path().join("copy.db");
    fs::write(&target, "mine").unwrap();
    let link = directory.path().join("link.db");
    std::os::unix::fs::symlink(directory.path().join("nowhere"), &link).unwrap();
    let used = directory.path().join("used.db");
    fs::write(beside(&used, "-wal"), "changes").unwrap();
    for (arguments, target, reason) in [
        (&["backup"][..], &target, "it already exists; choose another name, or add --replace"),
        (&["backup"], &link, "it already exists; choose another name, or add --replace"),
        (&["backup", "--replace"], &path, "it is a file of the database itself; choose another one"),
        (&["backup", "--replace"], &beside(&path, "-wal"), "it is a file of the database itself; choose another one"),
        (&["backup"], &beside(&path, "-journal"), "it is a file of the database itself; choose another one"),
        (&["backup", "--replace"], &used, "there is a file ending in -wal beside it"),
        (&["backup"], &directory.path().to_owned(), "it is a directory; name a file in it"),
        (&["backup"], &directory.path().join("no/copy.db"), "its directory does not exist; create the directory first"),
    ] {
        let ended = run(&path, &[arguments, &[target.to_str().unwrap()]].concat()).await;
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{target:?}: {ended:?}");
        let expected = format!("engram-local: cannot use the database {}: {reason}", target.display());
        assert!(ended.errors.starts_with(&expected) && ended.errors.lines().count() == 1, "{ended:?}");
    }
    assert_eq!(fs::read(&target).unwrap(), b"mine");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    engram.store_memory("coffee").await.unwrap();

    ok(&path, &["backup", "--replace", target.to_str().unwrap()]).await;
    assert_eq!(memories(&open(&target).await.client().unwrap(), "default").await.len(), 4);
}

#[tokio::test]
async fn a_backup_is_one_file_of_its_owner_alone_without_deleted_text_and_can_be_put_in_place() {
    let directory = tempfile::tempdir().unwrap();
    let (here, there) = (directory.path().join("here"), directory.path().join("there"));
    fs::create_dir(&here).unwrap();
    fs::create_dir(&there).unwrap();
    let (path, target) = (here.join("engram.db"), there.join("copy.db"));
    let mut server = start_on(&path).await;
    let engram = server.client();
    let mut random = Rng::with_seed(7);
    let words: Vec<String> = (0..300).map(|_| word(&mut random)).collect();
    let results = engram.store_memories(words.iter().map(|word| format!("the word {word}"))).await.unwrap();
    for result in results.iter().step_by(2) {
        engram.delete_memory(&result.id).await.unwrap();
    }
    let (gone, kept): (Vec<_>, Vec<_>) = words.into_iter().enumerate().partition(|(number, _)| number % 2 == 0);
    let text = |words: Vec<(usize, String)>| words.into_iter().map(|(_, word)| word).collect::<Vec<_>>();
    let (gone, kept) = (text(gone), text(kept));
    assert!(!left(&here, &gone).is_empty(), "the search finds nothing at all");

    let mut umask = Command::new("sh");
    umask.args(["-c", r#"umask 777; exec "$0" "$@""#, env!("CARGO_BIN_EXE_engram-local"), "backup"]);
    let output = umask.arg(&target).arg("--database").arg(&path).output().await.unwrap();
    let bytes = fs::metadata(&target).unwrap().len();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with(&format!("Copied 150 memories to {}: {bytes} bytes (", target.display())), "{said}");
    assert_eq!(modes(&there), private(&["copy.db"]));
    assert_eq!(left(&there, &gone), Vec::<&String>::new());
    assert_eq!(left(&there, &kept).len(), kept.len());

    // As the documentation says.
    engram.clear_memories("default").await.unwrap();
    assert!(server.terminate().await.success());
    fs::rename(&target, &path).unwrap();
    let (_server, engram) = open_and_connect(&path).await;
    assert_eq!(engram.list_memories().await.unwrap().total, Some(150));
    assert_eq!(engram.query(&kept[0]).await.unwrap().memories_found, Some(1));
    assert_eq!(engram.query(&gone[0]).await.unwrap().memories_found, Some(0));
}

/// What somebody does to a database of fifty memories with vectors, what `check` then says, and how many memories are left.
const HARM: &[(&str, &str, usize)] = &[
    ("DELETE FROM memory_terms WHERE rowid = 7 << 16", "memories that differ from the full-text index: 1", 50),
    ("INSERT INTO memory_terms (rowid, terms) VALUES (77 << 16, '1xtea')", "differ from the full-text index", 50),
    (
        "DELETE FROM memory_terms WHERE rowid = 7 << 16;
         INSERT INTO memory_terms (rowid, terms) VALUES (7 << 16, '1xwrong 1xwords')",
        "memories that differ from the full-text index: 1",
        50,
    ),
    ("UPDATE memory_terms_data SET block = zeroblob(length(block)) WHERE id > 1000", "memory_terms", 50),
    ("UPDATE memory_terms_data SET block = x'0000' WHERE id IN (1, 10)", "differ from the full-text index", 50),
    ("UPDATE memories SET content_hash = x'00' WHERE id = 7", "memories that differ from the full-text index: 1", 50),
    ("UPDATE buckets SET memory_count = memory_count + 1", "buckets with a wrong number of memories or terms: 1", 50),
    ("UPDATE buckets SET term_count = 0", "buckets with a wrong number of memories or terms: 1", 50),
    ("DROP TRIGGER memory_deleted; DELETE FROM memories WHERE id = 7", "buckets with a wrong number", 49),
    (
        "UPDATE vectors SET memory_id = 77 WHERE id = 1",
        "vectors without a memory, or with a memory of another bucket: 1",
        50,
    ),
    (
        "UPDATE vectors SET bucket_id = 77 WHERE id = 1",
        "vectors without a memory, or with a memory of another bucket: 1",
        50,
    ),
    ("UPDATE vectors SET vector = x'0000803F'", "not of the model's dimension or not of length 1: 50", 50),
    ("UPDATE vectors SET vector = x'0000004000000000' WHERE id = 1", "not of length 1: 1", 50),
    ("UPDATE vectors SET vector = x'0000C07F00000000' WHERE id = 1", "not of length 1: 1", 50),
    ("UPDATE embedding SET dimension = 3", "not of the model's dimension or not of length 1: 50", 50),
    ("DELETE FROM embedding", "not of the model's dimension or not of length 1: 50", 50),
    ("UPDATE embedding SET done_to = 1000", "embedded memories that don't exist yet: 1", 50),
    // The rows that are stored meanwhile are not in the index of their bucket.
    (
        "CREATE TEMP TABLE kept AS SELECT * FROM sqlite_schema WHERE name = 'memories_by_bucket';
         PRAGMA writable_schema = ON;
         DELETE FROM sqlite_schema WHERE name = 'memories_by_bucket';
         PRAGMA writable_schema = RESET;
         UPDATE memories SET id = 50000 WHERE id = 50;
         PRAGMA writable_schema = ON;
         INSERT INTO sqlite_schema SELECT * FROM kept;",
        "missing from index memories_by_bucket",
        50,
    ),
];

#[tokio::test]
async fn what_is_wrong_with_an_index_is_noticed_and_cured() {
    let (_directory, path) = database();
    make(&path, 50, 10).await;
    open_with_a_model(&path).await;
    change(&path, EMBED);
    let whole = fs::read(&path).unwrap();
    assert_eq!(
        ok(&path, &["check"]).await,
        format!("{} is sound: 50 memories in 1 bucket, 50 vectors.\n", path.display())
    );
    for (sql, expected, memories) in HARM {
        fs::write(&path, &whole).unwrap();
        change(&path, sql);
        let ended = run(&path, &["check"]).await;
        assert_eq!(ended.code, Some(1), "{sql}: {ended:?}");
        assert!(ended.out.starts_with("- ") && ended.out.contains(expected), "{sql}: {ended:?}");
        let advice = format!("engram-local: the database {} is damaged; all memories can be read, ", path.display());
        assert_eq!(ended.errors, format!("{advice}and the command `reindex` rebuilds the rest from them\n"), "{sql}");

        let reindex = run(&path, &["reindex"]).await;
        assert_eq!(reindex.code, Some(0), "{sql}: {reindex:?}");
        let said = reindex.out;
        assert!(said.starts_with(&format!("Reindexed {memories} memories.")), "{sql}: {said}");
        assert!(ok(&path, &["check"]).await.ends_with(&format!(": {memories} memories in 1 bucket, 0 vectors.\n")));
        let (server, engram) = open_and_connect(&path).await;
        assert_eq!(
            engram.query("tea").top_k(100).await.unwrap().memories_found,
            i64::try_from(*memories).ok(),
            "{sql}"
        );
        let answer = engram.query("fact3").await.unwrap().answer;
        assert!(answer.starts_with("From memory: The user prefers tea fact3 "), "{sql}: {answer}");
        server.shutdown().await;
    }
}

/// It then has the tables of vectors, facts and profiles.
async fn open_with_a_model(path: &Path) {
    let endpoint = Endpoint::start().await;
    start_with(endpoint.builder().database(path)).await.shutdown().await;
}

/// As a server with `--extract` does it: "The user likes thing 7" in the seventh memory, and none in the last one.
const EXTRACT: &str = "
    INSERT INTO names (bucket_id, entity, normal, name) VALUES (1, 1, 'the user', 'The User');
    INSERT INTO names (bucket_id, entity, normal, name) SELECT 1, id + 1, 'thing ' || id, 'thing ' || id FROM memories WHERE id < 50;
    INSERT INTO facts (memory_id, subject_id, object_id, predicate) SELECT id, 1, id + 1, 'likes' FROM memories WHERE id < 50;
    INSERT INTO extraction VALUES (1, 49);
    INSERT INTO unextracted VALUES (49);
";

/// What somebody does to these facts, and what `check` then says.
const HARM_TO_FACTS: &[(&str, &str)] = &[
    ("UPDATE facts SET memory_id = 77 WHERE id = 7", "facts without a memory, or with names of another bucket: 1"),
    ("UPDATE facts SET object_id = 777 WHERE id = 7", "facts without a memory, or with names of another bucket: 1"),
    ("UPDATE names SET bucket_id = 2 WHERE id = 8", "facts without a memory, or with names of another bucket: 1"),
    ("DROP TRIGGER fact_deleted; DELETE FROM facts WHERE id = 7", "names in no fact: 1"),
    ("UPDATE names SET normal = 'tea' WHERE id = 8", "names with a wrong normal form: 1"),
    (
        "UPDATE names SET normal = 'thing 7', name = 'Thing 7' WHERE id = 9",
        "names that are the same but belong to different entities: 1",
    ),
    ("UPDATE extraction SET done_to = 1000", "facts of memories that don't exist, or don't exist yet: 1"),
    ("UPDATE extraction SET bucket_id = 2", "facts of memories that don't exist, or don't exist yet: 1"),
    ("UPDATE unextracted SET memory_id = 77", "memories without facts that do not exist: 1"),
    (
        "UPDATE names SET generation = 1, vector = x'0000803F' WHERE id = 8",
        "vectors of names that are not of the model's dimension: 1",
    ),
];

#[tokio::test]
async fn what_is_wrong_with_facts_is_noticed_and_they_are_forgotten_and_else_they_stay() {
    let (_directory, path) = database();
    make(&path, 50, 10).await;
    open_with_a_model(&path).await;
    change(&path, EMBED);
    change(&path, EXTRACT);
    let whole = fs::read(&path).unwrap();
    let sound = format!("{} is sound: 50 memories in 1 bucket, 50 vectors, 49 facts.\n", path.display());
    assert_eq!(ok(&path, &["check"]).await, sound);
    assert!(!ok(&path, &["reindex"]).await.contains("facts"));
    assert!(ok(&path, &["check"]).await.ends_with(": 50 memories in 1 bucket, 0 vectors, 49 facts.\n"));
    for (sql, expected) in HARM_TO_FACTS {
        fs::write(&path, &whole).unwrap();
        change(&path, sql);
        let ended = run(&path, &["check"]).await;
        assert!(ended.code == Some(1) && ended.out.contains(expected), "{sql}: {ended:?}");
        assert!(ended.errors.ends_with("the command `reindex` rebuilds the rest from them\n"), "{sql}: {ended:?}");
        let said = ok(&path, &["reindex"]).await;
        assert!(said.starts_with("Reindexed 50 memories."), "{sql}: {said}");
        // Vectors are forgotten anyway.
        let kept = if expected.starts_with("vectors") { ", 49 facts" } else { "" };
        assert_eq!(said.contains("Their facts were discarded"), kept.is_empty(), "{sql}: {said}");
        let check = ok(&path, &["check"]).await;
        assert!(check.ends_with(&format!(": 50 memories in 1 bucket, 0 vectors{kept}.\n")), "{sql}: {check}");
    }
}

#[tokio::test]
async fn a_backup_and_a_compact_database_have_all_facts() {
    let (directory, path) = database();
    make(&path, 50, 10).await;
    open_with_a_model(&path).await;
    change(&path, EXTRACT);
    let target = directory.path().join("copy.db");
    ok(&path, &["backup", target.to_str().unwrap()]).await;
    ok(&path, &["compact"]).await;
    for path in [&path, &target] {
        assert!(ok(path, &["check"]).await.ends_with("0 vectors, 49 facts.\n"));
        let facts = json!({"facts": 49, "entities": 50, "extracted": 48, "waiting": 1, "failed": 1});
        assert_eq!(stats(path).await["facts"], facts);
        let shown = ok(path, &["stats"]).await;
        let lines = [
            "facts       49",
            "entities    50",
            "extracted   48 memories",
            "waiting     1 memory",
            "failed      1 memory",
        ];
        assert!(lines.iter().all(|line| shown.lines().any(|shown| shown == *line)), "{shown}");
    }
}

#[tokio::test]
async fn the_words_of_any_memory_are_checked_without_false_alarm() {
    let (_directory, path) = database();
    let (server, engram) = open_and_connect(&path).await;
    let odd = [
        "?!",
        "Ο Ερμής μένει εδώ",
        "launch 🚀 on Friday",
        "用户喜欢深色",
        "कलम हिंदी",
        "👍🏽 U.S. it's naïve C++ a_b 100%",
        "می‌خواهم",
        "ครับ",
        "ab\u{0}cd",
    ];
    engram.store_memories(odd).await.unwrap();
    engram.store_memory("x".repeat(100_000)).bucket("long").await.unwrap();
    engram.store_memory("y z ".repeat(40_000)).bucket("long").await.unwrap();
    engram.create_bucket("empty").await.unwrap();
    let said = ok(&path, &["check"]).await;
    assert!(said.ends_with("is sound: 11 memories in 3 buckets, 0 vectors.\n"), "{said}");
    server.shutdown().await;
    ok(&path, &["check"]).await;
}

#[tokio::test]
async fn garbage_in_any_page_is_noticed_and_no_command_makes_it_worse() {
    let (directory, path) = database();
    make(&path, 100, 10).await;
    let whole = fs::read(&path).unwrap();
    let whole_contents = contents(&path);
    let copy = directory.path().join("copy.db");
    const PAGE: usize = 4096;
    for page in 0..whole.len() / PAGE {
        let mut damaged = whole.clone();
        damaged[page * PAGE..(page + 1) * PAGE].fill(0xA5);
        fs::write(&path, &damaged).unwrap();
        let check = run(&path, &["check"]).await;
        assert_eq!(check.code, Some(1), "page {page}: {check:?}");
        let says = ["damaged; restore it", "damaged; all memories can be read", "not an SQLite database"];
        assert!(says.iter().any(|says| check.errors.contains(says)), "page {page}: {check:?}");
        let backup = run(&path, &["backup", "--replace", copy.to_str().unwrap()]).await;
        // It makes other indexes than those that it reads.
        if backup.code == Some(0) {
            assert_eq!(contents(&copy), whole_contents, "page {page}");
            ok(&copy, &["check"]).await;
            fs::remove_file(&copy).unwrap();
        }
        assert!(!copy.exists(), "page {page}: {backup:?}");
        let reindex = run(&path, &["reindex"]).await;
        if reindex.code == Some(0) {
            assert_eq!(contents(&path), whole_contents, "page {page}");
            ok(&path, &["check"]).await;
        } else {
            assert!(reindex.errors.starts_with("engram-local: cannot use the database "), "page {page}: {reindex:?}");
            assert!(
                !check.errors.contains("the command `reindex` rebuilds the rest"),
                "page {page}: {check:?}, {reindex:?}"
            );
        }
    }
}

/// An endpoint of embeddings to which all that is said of drinks means the same. It counts the texts.
async fn endpoint() -> (Served, Arc<AtomicUsize>) {
    let texts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&texts);
    let embed = async move |Json(request): Json<Value>| {
        let input = request["input"].as_array().unwrap();
        counted.fetch_add(input.len(), Ordering::Relaxed);
        let vector = |text: &Value| {
            let text = text.as_str().unwrap();
            if ["tea", "beverage"].iter().any(|word| text.contains(word)) { [1.0, 0.0] } else { [0.0, 1.0] }
        };
        Json(json!({"data": input.iter().map(|text| json!({"embedding": vector(text)})).collect::<Vec<_>>()}))
    };
    (serve(Router::new().route("/embeddings", post(embed))).await, texts)
}

async fn stats(path: &Path) -> Value {
    serde_json::from_str(&ok(path, &["stats", "--json"]).await).unwrap()
}

#[tokio::test]
async fn a_running_server_searches_rightly_after_a_reindex_and_embeds_all_memories_anew() {
    let (_directory, path) = database();
    let (embedding, texts) = endpoint().await;
    let file = path.to_str().unwrap();
    let options = ["--embeddings-url", &embedding.url, "--embeddings-model", "drinks"];
    let mut server =
        start_command(program(&[&["--listen", "127.0.0.1:0", "--database", file][..], &options].concat())).await;
    let engram = server.client();
    let all_embedded = async |memories: usize| {
        let begin = Instant::now();
        loop {
            let stats = stats(&path).await;
            if stats["vectors"]["embedded"] == json!(memories) {
                assert_eq!(stats["vectors"]["waiting"], json!(0));
                return;
            }
            assert!(begin.elapsed() < LONG, "{stats}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let first = async |question: &str| {
        let found = engram.query(question).await.unwrap().explanation.unwrap().retrieved_memories;
        found.first().map(|memory| memory.content.clone())
    };
    let tea = Some("Ana loves tea.".to_owned());
    engram.store_memories(["Ana loves tea.", "The office closes at six.", "Bo has a dog."]).await.unwrap();
    all_embedded(3).await;
    assert_eq!(first("Which beverage?").await, tea);
    // The memory of tea is in the index under other words, and its vector is another's.
    change(&path, "DELETE FROM memory_terms WHERE rowid = 1 << 16");
    change(&path, "INSERT INTO memory_terms (rowid, terms) VALUES (1 << 16, '1xwrong')");
    change(&path, "UPDATE vectors SET vector = x'000000000000803F'");
    assert_eq!(first("wrong").await, tea);
    let before = texts.load(Ordering::Relaxed);

    let said = ok(&path, &["reindex"]).await;
    assert_eq!(said, "Reindexed 3 memories. A server with the embeddings model will make their vectors again.\n");
    assert_eq!(first("tea").await, tea, "by words alone");
    // The memories may be embedded again by now, and then it finds them all, by what they mean.
    assert_ne!(first("wrong").await, tea);
    // The store wakes what embeds.
    engram.store_memory("Cy plays chess.").await.unwrap();
    all_embedded(4).await;
    assert!(texts.load(Ordering::Relaxed) >= before + 4, "the memories were not embedded anew");
    assert_eq!(first("Which beverage?").await, tea);
    assert_eq!(first("chess").await.as_deref(), Some("Cy plays chess."));
    ok(&path, &["check"]).await;
    assert!(server.terminate().await.success());
    ok(&path, &["check"]).await;
}

/// The size of the database, in bytes, with that of its -wal file.
fn size(path: &Path) -> u64 {
    let length = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    length(path) + length(&beside(path, "-wal"))
}

#[tokio::test]
async fn compact_makes_a_database_small_and_leaves_nothing_of_deleted_text_whether_a_server_runs_or_was_killed() {
    let mut random = Rng::with_seed(8);
    for is_running in [true, false] {
        let (directory, path) = database();
        let mut server = start_on(&path).await;
        let engram = server.client();
        engram.store_memory("tea").bucket("kept").await.unwrap();
        let gone: Vec<String> = (0..200).map(|_| word(&mut random)).collect();
        let contents = gone.iter().map(|word| format!("{word} {}", "x".repeat(1000)));
        engram.store_memories(contents).await.unwrap();
        engram.clear_memories("default").await.unwrap();
        if !is_running {
            server.child.kill().await.unwrap();
        }
        assert!(!left(directory.path(), &gone).is_empty());
        let before = size(&path);
        let said = ok(&path, &["compact"]).await;
        let after = size(&path);
        let (said_before, said_after) = said.split_once(" before, and ").unwrap();
        assert!(said_before.starts_with(&format!("{before} bytes (")), "{before}: {said}");
        assert!(said_after.starts_with(&format!("{after} bytes (")), "{after}: {said}");
        assert!(after * 2 < before, "{said}");
        assert_eq!(left(directory.path(), &gone), Vec::<&String>::new(), "{is_running}");
        if is_running {
            engram.store_memory("more tea").bucket("kept").await.unwrap();
            assert_eq!(engram.query("tea").bucket("kept").await.unwrap().memories_found, Some(2));
            assert!(server.terminate().await.success());
        } else {
            assert_eq!(files(directory.path()), std::slice::from_ref(&path));
        }
        ok(&path, &["check"]).await;
    }
}

#[tokio::test]
async fn what_another_program_keeps_from_being_done_is_said() {
    let (_one, read) = database();
    let (_other, locked) = database();
    make(&read, 10, 10).await;
    make(&locked, 10, 10).await;
    // So that they stay open, in WAL mode.
    let (_first, _second) = (open(&read).await, open(&locked).await);
    let (reader, writer) = (Connection::open(&read).unwrap(), Connection::open(&locked).unwrap());
    reader.execute_batch("BEGIN; SELECT count(*) FROM memories").unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (compact, reindex) = tokio::join!(run(&read, &["compact"]), run(&locked, &["reindex"]));
    assert!(compact.code == Some(1) && compact.out.contains(" bytes ("), "{compact:?}");
    let wal = beside(&read, "-wal");
    let expected = format!("another program is reading the database, so {} still contains deleted text", wal.display());
    assert!(compact.errors.contains(&expected) && compact.errors.contains("stop that program"), "{compact:?}");
    let expected = format!("engram-local: cannot use the database {}: another program has locked it", locked.display());
    assert!(reindex.code == Some(1) && reindex.errors.starts_with(&expected), "{reindex:?}");
    // Nobody who only reads is held up.
    ok(&locked, &["check"]).await;
    ok(&locked, &["stats"]).await;
    ok(&locked, &["backup", beside(&locked, ".copy").to_str().unwrap()]).await;
}

#[tokio::test]
async fn stats_say_how_much_there_is_and_nothing_of_what() {
    let (_directory, path) = database();
    let server = start_on(&path).await;
    let (one, other) = (client(&server.base_url, "secret-key-1"), client(&server.base_url, "secret-key-2"));
    let empty = stats(&path).await;
    for (field, value) in [
        ("tenants", json!(0)),
        ("memories", json!(0)),
        ("oldest", Value::Null),
        ("vectors", Value::Null),
        ("facts", Value::Null),
    ] {
        assert_eq!(empty[field], value, "{empty}");
    }
    one.store_memories(["secret words here", "another secret"]).bucket("secret-bucket").await.unwrap();
    one.store_memory("one").await.unwrap();
    other.store_memories(["two", "three"]).await.unwrap();
    let oldest = one.list_memories().bucket("secret-bucket").all().await.unwrap().pop().unwrap().created_at;
    let newest = other.list_memories().all().await.unwrap().remove(0).created_at;
    open_with_a_model(&path).await;
    // Of the first four memories the third could not be embedded, and the fifth waits.
    let sql = "INSERT INTO embedding (model, dimension, done_to) VALUES ('tiny', 2, 4);
               INSERT INTO vectors (bucket_id, memory_id, vector)
               SELECT bucket_id, id, x'0000803F00000000' FROM memories WHERE id IN (1, 2, 4);
               INSERT INTO vectors (bucket_id, memory_id, vector) SELECT bucket_id, memory_id, vector FROM vectors WHERE id = 1";
    change(&path, sql);
    let length = |ending| fs::metadata(beside(&path, ending)).unwrap().len();
    let full = stats(&path).await;
    assert_eq!(
        full,
        json!({
            "database": path, "file": length(""), "wal": length("-wal"), "shm": length("-shm"),
            "tenants": 2, "buckets": 3, "memories": 5, "terms": 8, "oldest": oldest, "newest": newest,
            "vectors": {"model": "tiny", "dimension": 2, "vectors": 4, "embedded": 3, "waiting": 1, "failed": 1},
            "facts": null,
            "profiles": {"ready": 0, "waiting": 0},
        })
    );
    let shown = ok(&path, &["stats"]).await;
    for line in [
        &format!("database    {}", path.display()),
        &format!("size        {} bytes (", length("")),
        "tenants     2",
        "buckets     3",
        "memories    5",
        "terms       8",
        &format!("oldest      {}", oldest.unwrap()),
        "model       tiny, 2 dimensions",
        "embedded    3 memories",
        "waiting     1 memory",
        "failed      1 memory",
        "profiles    0 ready, 0 waiting",
    ] {
        assert!(shown.lines().any(|shown| shown.starts_with(line)), "{line}: {shown}");
    }
    assert!(!shown.contains("secret") && !full.to_string().contains("secret"), "{shown}");
}

#[tokio::test]
async fn a_command_makes_no_database_and_takes_none_of_another_kind() {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    let (older, newer, other, empty, text) =
        (place("2.db"), place("99.db"), place("o.db"), place("e.db"), place("t.db"));
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/version-2.db"), &older).unwrap();
    open(&newer).await.shutdown().await;
    change(&newer, "PRAGMA user_version = 99");
    change(&other, "CREATE TABLE accounts (name TEXT)");
    fs::write(&empty, "").unwrap();
    fs::write(&text, "These are my notes. ".repeat(100)).unwrap();
    let (target, missing) = (place("copy.db"), place("missing.db"));
    let before = |path: &Path| fs::read(path).ok();
    for (path, reason) in [
        (&missing, "it does not exist; name the file of a database\n"),
        (&older, "its format has version 2; start the server with it once to update it\n"),
        (&newer, "its format has version 99, and this server knows version "),
        (&other, "it is an SQLite database of another program; choose another file\n"),
        (&empty, "it is empty; name the file of a database\n"),
        (&text, "it is not an SQLite database; choose another file, or move this one away"),
        (&directory.path().to_owned(), "it is a directory; name a file in it\n"),
    ] {
        let bytes = before(path);
        for arguments in [
            &["backup", target.to_str().unwrap()][..],
            &["check"],
            &["reindex"],
            &["compact"],
            &["stats"],
            &["stats", "--json"],
        ] {
            let ended = run(path, arguments).await;
            assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{arguments:?} {path:?}: {ended:?}");
            let expected = format!("engram-local: cannot use the database {}: {reason}", path.display());
            assert!(ended.errors.starts_with(&expected), "{arguments:?} {path:?}: {ended:?}");
            assert_eq!(before(path), bytes, "{arguments:?} {path:?}");
        }
    }
    assert!(!target.exists() && !missing.exists());
    assert_eq!(files(directory.path()).len(), 5);
}

#[tokio::test]
async fn the_database_is_named_before_a_command_or_after_it_and_no_other_option_is_taken_in_silence() {
    let (directory, path) = database();
    make(&path, 2, 10).await;
    let file = path.to_str().unwrap();
    for arguments in [&["--database", file, "check"][..], &["check", "--database", file]] {
        let output = program(arguments).current_dir(directory.path()).output().await.unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
    // The default is the server's.
    assert!(program(&["check"]).current_dir(directory.path()).output().await.unwrap().status.success());
    for options in [&["--in-memory"][..], &["--listen", "127.0.0.1:0"], &["--api-key", "eng_live_x"]] {
        let output = program(&[options, &["check"]].concat()).current_dir(directory.path()).output().await.unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{options:?}: {errors}");
        assert!(errors.contains("accept no server options except --database"), "{options:?}: {errors}");
    }
}
