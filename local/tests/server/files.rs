//! The files of the database: who may read them, what is left of deleted text in them, and what happens when they are taken away.

use std::collections::HashSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use futures_util::future::join_all;
use lumetra_engram::{Dedup, EngramError};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::health::health;
use crate::program::{WITHOUT_MODEL, start_command, start_on};
use crate::wire::{database, open, open_and_connect};

pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

pub(crate) fn modes(directory: &Path) -> Vec<(String, u32)> {
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut modes: Vec<_> = files(directory).iter().map(|path| (name(path), mode(path))).collect();
    modes.sort();
    modes
}

pub(crate) fn private(names: &[&str]) -> Vec<(String, u32)> {
    names.iter().map(|name| ((*name).to_owned(), 0o600)).collect()
}

const OPEN: [&str; 3] = ["engram.db", "engram.db-shm", "engram.db-wal"];

#[tokio::test]
async fn the_files_are_their_owners_alone_whatever_the_umask() {
    for umask in ["000", "777"] {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", &format!(r#"umask {umask}; exec "$0" "$@""#), env!("CARGO_BIN_EXE_engram-local")]);
        command.args(["--listen", "127.0.0.1:0", "--database"]).arg(directory.path().join("engram.db"));
        command.args(WITHOUT_MODEL);
        let mut program = start_command(command).await;
        program.client().store_memory("tea").await.unwrap();
        assert_eq!(modes(directory.path()), private(&OPEN), "umask {umask}");
        assert!(program.terminate().await.success());
        assert_eq!(modes(directory.path()), private(&OPEN[..1]), "umask {umask}");
    }
}

#[tokio::test]
async fn files_that_others_could_use_become_their_owners_alone() {
    let (directory, path) = database();
    let mut program = start_on(&path).await;
    program.client().store_memory("tea").await.unwrap();
    // So that all of its files stay.
    program.child.kill().await.unwrap();
    for mode in [0o640, 0o777] {
        files(directory.path())
            .iter()
            .for_each(|path| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap());
        let mut program = start_on(&path).await;
        assert_eq!(program.client().list_memories().await.unwrap().total, Some(1));
        assert_eq!(modes(directory.path()), private(&OPEN), "{mode:o}");
        program.child.kill().await.unwrap();
    }
}

#[tokio::test]
async fn the_file_behind_a_link_is_its_owners_alone() {
    for exists in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let (link, file) = (directory.path().join("link.db"), directory.path().join("engram.db"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        if exists {
            fs::write(&file, "").unwrap();
        }
        let server = open(&link).await;
        server.client().unwrap().store_memory("tea").await.unwrap();
        fs::remove_file(&link).unwrap();
        assert_eq!(modes(directory.path()), private(&OPEN), "{exists}");
    }
}

/// The words that are in one of the files. The beginning of one may be missing there: the index has what neighbours share only once.
pub(crate) fn left<'a>(directory: &Path, words: &'a [String]) -> Vec<&'a String> {
    let mut seen = HashSet::new();
    for path in files(directory) {
        let bytes = fs::read(path).unwrap();
        let runs = bytes.split(|byte| !byte.is_ascii_digit());
        seen.extend(runs.flat_map(|run| run.windows(END_OF_WORD)).map(<[u8]>::to_vec));
    }
    words.iter().filter(|word| seen.contains(&word.as_bytes()[word.len() - END_OF_WORD..])).collect()
}

const END_OF_WORD: usize = 11;

/// A word that is nowhere else, and that is its own term.
pub(crate) fn word(random: &mut Rng) -> String {
    (0..14).map(|_| random.char('0'..='9')).collect()
}

/// Memories of these sizes, in any order, each with a word of its own.
fn contents(random: &mut Rng, count: usize, sizes: [usize; 4]) -> Vec<(String, String)> {
    let content = |random: &mut Rng| {
        let word = word(random);
        let filler = "x".repeat(sizes[random.usize(0..4)]);
        (format!("{filler} {word} {filler}"), word)
    };
    (0..count).map(|_| content(random)).collect()
}

#[tokio::test]
async fn nothing_of_deleted_text_is_in_any_file_after_the_stop() {
    let mut random = Rng::with_seed(6);
    // Small ones are moved between pages again and again, and leave copies there.
    for (round, sizes) in [[10, 100, 1000, 6000], [5, 30, 100, 300]].into_iter().enumerate() {
        let (directory, path) = database();
        let (server, engram) = open_and_connect(&path).await;
        let (mut kept, mut deleted) = (Vec::new(), Vec::new());
        for step in contents(&mut random, 400, sizes).chunks(12) {
            let results = engram.store_memories(step.iter().map(|(content, _)| content)).await.unwrap();
            for (result, (_, word)) in results.into_iter().zip(step) {
                if random.bool() { kept.push(word.clone()) } else { deleted.push((result.id, word.clone())) }
            }
            // Some go soon, most later: pages are freed in between, and used again.
            for (id, _) in deleted.iter().rev().take(random.usize(0..3)) {
                let _ = engram.delete_memory(id).await;
            }
        }
        // Those that went before are not found.
        join_all(deleted.iter().map(|(id, _)| engram.delete_memory(id).into_future())).await;
        let mut gone: Vec<String> = deleted.into_iter().map(|(_, word)| word).collect();
        // A bucket that is cleared, and one that is deleted with its name and description.
        for bucket in ["cleared", "deleted"].map(|name| format!("{name}{}", word(&mut random))) {
            engram.create_bucket(&bucket).description(format!("about {bucket}")).await.unwrap();
            let (contents, words): (Vec<_>, Vec<_>) = contents(&mut random, 40, sizes).into_iter().unzip();
            engram.store_memories(contents).bucket(&bucket).await.unwrap();
            gone.extend(words);
            engram.clear_memories(&bucket).await.unwrap();
            if bucket.starts_with("deleted") {
                engram.delete_bucket(&bucket).await.unwrap();
                gone.push(bucket);
            }
        }
        assert!(!left(directory.path(), &gone).is_empty(), "the search finds nothing at all");
        server.shutdown().await;
        assert_eq!(files(directory.path()), std::slice::from_ref(&path), "round {round}");
        assert_eq!(left(directory.path(), &gone), Vec::<&String>::new(), "round {round}");
        assert_eq!(left(directory.path(), &kept).len(), kept.len(), "round {round}");
        let server = open(&path).await;
        for word in kept.iter().take(20) {
            assert_eq!(server.client().unwrap().query(word).await.unwrap().memories_found, Some(1), "round {round}");
        }
    }
}

#[tokio::test]
async fn what_a_killed_server_had_deleted_is_gone_after_the_next_stop() {
    let (directory, path) = database();
    let mut program = start_on(&path).await;
    let engram = program.client();
    let secret = ["31415926535897".to_owned()];
    let id = engram.store_memory(format!("the secret {}", secret[0])).await.unwrap().id;
    engram.store_memory("tea").await.unwrap();
    engram.delete_memory(&id).await.unwrap();
    program.child.kill().await.unwrap();
    assert_eq!(left(directory.path(), &secret).len(), 1);
    let mut program = start_on(&path).await;
    assert_eq!(program.client().query("tea").await.unwrap().memories_found, Some(1));
    assert!(program.terminate().await.success());
    assert!(left(directory.path(), &secret).is_empty());
}

#[tokio::test]
async fn a_server_that_erases_when_it_stops_leaves_another_one_at_work() {
    let (directory, path) = database();
    let (one, two) = (open(&path).await, open(&path).await);
    let secret = ["27182818284590".to_owned()];
    let id = one.client().unwrap().store_memory(format!("the secret {}", secret[0])).await.unwrap().id;
    let filler = (0..200).map(|number| format!("filler {number} {}", "x".repeat(1000)));
    one.client().unwrap().store_memories(filler).bucket("filler").await.unwrap();
    two.client().unwrap().store_memory("tea").await.unwrap();
    two.client().unwrap().delete_memory(&id).await.unwrap();
    two.client().unwrap().delete_bucket("filler").await.unwrap();
    one.shutdown().await;
    // Its file is a shorter one now.
    two.client().unwrap().store_memory("coffee").await.unwrap();
    assert_eq!(two.client().unwrap().list_memories().await.unwrap().total, Some(2));
    two.shutdown().await;
    assert!(left(directory.path(), &secret).is_empty());
}

fn is_gone(error: &EngramError) -> bool {
    error.status().map(u16::from) == Some(500) && error.code() == Some("DATABASE_GONE")
}

/// What somebody does to the files of a running server, by its database's path.
type Mishap = (&'static str, fn(&Path));

const MISHAPS: [Mishap; 8] = [
    ("the database is removed", |path| fs::remove_file(path).unwrap()),
    ("its log is removed", |path| fs::remove_file(beside(path, "-wal")).unwrap()),
    ("the index of its log is removed", |path| fs::remove_file(beside(path, "-shm")).unwrap()),
    ("all are removed", |path| {
        ["", "-wal", "-shm"].iter().for_each(|ending| fs::remove_file(beside(path, ending)).unwrap());
    }),
    ("it is moved", |path| fs::rename(path, beside(path, ".old")).unwrap()),
    ("it is replaced", |path| {
        fs::copy(path, beside(path, ".copy")).unwrap();
        fs::rename(beside(path, ".copy"), path).unwrap();
    }),
    ("its directory is moved", |path| {
        let directory = path.parent().unwrap();
        fs::rename(directory, beside(directory, ".old")).unwrap();
    }),
    ("it is cut off", |path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(0).unwrap()),
];

pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

#[tokio::test]
async fn nothing_is_acknowledged_that_went_to_a_file_that_is_gone() {
    for (name, mishap) in MISHAPS {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("folder");
        fs::create_dir(&folder).unwrap();
        let path = folder.join("engram.db");
        // What is in the database, and not only in its log, can be cut off.
        let server = open(&path).await;
        server.client().unwrap().store_memory("coffee").await.unwrap();
        server.shutdown().await;
        let (server, engram) = open_and_connect(&path).await;
        let id = engram.store_memory("tea").await.unwrap().id;
        mishap(&path);
        let errors = [
            engram.store_memory("cocoa").dedup(Dedup::Off).await.unwrap_err(),
            engram.store_memories(["cocoa"]).await.unwrap_err(),
            engram.create_bucket("new").await.unwrap_err(),
            engram.delete_memory(&id).await.unwrap_err(),
            engram.clear_memories("default").await.unwrap_err(),
            engram.delete_bucket("default").await.unwrap_err(),
        ];
        for error in errors {
            assert!(is_gone(&error), "{name}: {error}");
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_file_that_is_put_back_is_used_again() {
    let directory = tempfile::tempdir().unwrap();
    let (path, away) = (directory.path().join("engram.db"), directory.path().join("away.db"));
    let (server, engram) = open_and_connect(&path).await;
    engram.store_memory("tea").await.unwrap();
    fs::rename(&path, &away).unwrap();
    assert!(is_gone(&engram.store_memory("coffee").await.unwrap_err()));
    let response = health(&server, Method::GET).await;
    assert_eq!(response.status(), 503);
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["status"], &body["version"]), (&json!("failed"), &json!(env!("CARGO_PKG_VERSION"))));
    assert!(body["error"].as_str().unwrap().contains("removed or replaced"), "{body}");
    fs::rename(&away, &path).unwrap();
    assert_eq!(health(&server, Method::GET).await.status(), 200);
    engram.store_memory("cocoa").await.unwrap();
    server.shutdown().await;
    let server = open(&path).await;
    let memories = server.client().unwrap().list_memories().await.unwrap().memories;
    let contents: Vec<_> = memories.iter().map(|memory| memory.content.as_str()).collect();
    assert_eq!(contents, ["cocoa", "tea"]);
}

#[tokio::test]
async fn a_file_that_another_program_makes_shorter_in_order_is_not_taken_for_cut_off() {
    let (_directory, path) = database();
    let (_server, engram) = open_and_connect(&path).await;
    engram.store_memories((0..500).map(|number| format!("tea {number} {}", "x".repeat(1000)))).await.unwrap();
    engram.clear_memories("default").await.unwrap();
    engram.store_memory("coffee").await.unwrap();
    let run = async |sql: &'static str| {
        let opened = path.clone();
        let run = move || rusqlite::Connection::open(opened).unwrap().execute_batch(sql).unwrap();
        tokio::task::spawn_blocking(run).await.unwrap();
        fs::metadata(&path).unwrap().len()
    };
    let before = run("PRAGMA wal_checkpoint(TRUNCATE)").await;
    engram.store_memory("cake").await.unwrap();
    let after = run("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").await;
    assert!(after < before);
    engram.store_memory("cocoa").await.unwrap();
}
