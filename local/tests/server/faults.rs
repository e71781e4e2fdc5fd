//! Disks that are full, files that cannot be written, and databases that are damaged.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use lumetra_engram::{EngramClient, EngramError};
use rusqlite::Connection;
use tokio::process::Command;

use crate::program::{self, start_on};
use crate::wire::{database, open, refusal};

/// A database with this many memories.
async fn make(path: &Path, memories: usize) {
    let server = open(path).await;
    let contents = (0..memories).map(|number| format!("The user prefers tea number {number} of {memories}."));
    server.client().unwrap().store_memories(contents).await.unwrap();
    server.shutdown().await;
}

fn told(error: &EngramError) -> (Option<u16>, Option<&str>) {
    (error.status().map(u16::from), error.code())
}

#[tokio::test]
async fn a_running_server_that_may_write_no_more_says_so_and_goes_on_when_there_is_room() {
    let (_directory, path) = database();
    let mut command = Command::new("prlimit");
    command
        .arg("--fsize=600000:unlimited")
        .arg(env!("CARGO_BIN_EXE_engram-local"))
        .args(["--listen", "127.0.0.1:0", "--database"])
        .arg(&path);
    command.args(program::WITHOUT_MODEL);
    let program = program::start_command(command).await;
    let engram = program.client();
    let mut stored = 0;
    let error = loop {
        assert!(stored < 100, "there was no limit");
        match engram.store_memory(format!("tea {stored} {}", "x".repeat(20_000))).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(told(&error), (Some(500), Some("DISK_FAILED")), "{error}");
    assert_eq!(engram.list_memories().await.unwrap().total, Some(stored));
    assert!(engram.query("tea").await.unwrap().memories_found.unwrap() > 0);

    let process = program.child.id().unwrap().to_string();
    let raised = Command::new("prlimit").args(["--pid", &process, "--fsize=unlimited"]).status().await.unwrap();
    assert!(raised.success());
    for number in 0..20 {
        engram.store_memory(format!("coffee {number} {}", "x".repeat(20_000))).await.unwrap();
    }
    drop(program);
    let program = start_on(&path).await;
    assert_eq!(program.client().list_memories().await.unwrap().total, Some(stored + 20));
}

/// The program as a user for whom the modes of files count, which they do not for root.
async fn as_ordinary_user(directory: &Path) -> Command {
    let copy = directory.join("engram-local");
    // By another process: this one may start others meanwhile, and what they have open for writing can't be run.
    assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_engram-local")).arg(&copy).status().await.unwrap().success());
    let mut command = Command::new(copy);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
    command.args(program::WITHOUT_MODEL).args(["--listen", "127.0.0.1:0", "--database"]);
    command
}

#[tokio::test]
async fn a_file_that_cannot_be_written_or_read_is_refused_at_start() {
    let programs = tempfile::tempdir().unwrap();
    fs::set_permissions(programs.path(), Permissions::from_mode(0o755)).unwrap();
    let (directory, path) = database();
    make(&path, 3).await;
    let before = fs::read(&path).unwrap();
    for (file, folder, reason) in [
        (0o444, 0o555, "it can be read but not written"),
        (0o444, 0o777, "it can be read but not written"),
        (0o000, 0o777, "it cannot be opened"),
        (0o666, 0o555, "it cannot be written"),
    ] {
        fs::set_permissions(&path, Permissions::from_mode(file)).unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(folder)).unwrap();
        let mut command = as_ordinary_user(programs.path()).await;
        let output = command.arg(&path).stdin(std::process::Stdio::null()).output().await.unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{file:o} in {folder:o}: {errors}");
        let expected = format!("engram-local: cannot use the database {}: {reason}", path.display());
        assert!(errors.starts_with(&expected), "{file:o} in {folder:o}: {errors}");
    }
    fs::set_permissions(directory.path(), Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(open(&path).await.client().unwrap().list_memories().await.unwrap().total, Some(3));
}

#[tokio::test]
async fn garbage_in_any_page_is_noticed_at_start() {
    let (_directory, path) = database();
    make(&path, 200).await;
    let whole = fs::read(&path).unwrap();
    const PAGE: usize = 4096;
    let pages = whole.len() / PAGE;
    assert!(pages > 15, "{pages}");
    for page in 0..pages {
        let mut damaged = whole.clone();
        damaged[page * PAGE..(page + 1) * PAGE].fill(0xA5);
        fs::write(&path, damaged).unwrap();
        let error = refusal(&path).await.to_string();
        let expected = if page == 0 { "it is not an SQLite database" } else { "it is damaged; restore it" };
        assert!(error.contains(expected), "page {page}: {error}");
    }
    fs::write(&path, whole).unwrap();
    open(&path).await;
}

#[tokio::test]
async fn a_file_that_was_cut_off_anywhere_is_refused() {
    let (_directory, path) = database();
    make(&path, 500).await;
    let whole = fs::read(&path).unwrap();
    // SQLite takes a file of one byte for an empty one.
    for length in (2..whole.len()).step_by(20_000) {
        fs::write(&path, &whole[..length]).unwrap();
        let error = refusal(&path).await.to_string();
        assert!(error.contains("damaged") || error.contains("not an SQLite database"), "{length}: {error}");
    }
}

#[tokio::test]
async fn an_index_or_a_count_that_disagrees_with_the_memories_is_noticed_at_start() {
    let (_directory, path) = database();
    make(&path, 50).await;
    let whole = fs::read(&path).unwrap();
    for change in [
        "DELETE FROM memory_terms WHERE rowid = 7 << 16",
        "INSERT INTO memory_terms (rowid, terms) VALUES (77 << 16, '1xtea')",
        "UPDATE memory_terms_data SET block = zeroblob(length(block)) WHERE id > 1000",
        "UPDATE buckets SET memory_count = memory_count + 1",
        "UPDATE buckets SET term_count = 0",
        "DROP TRIGGER memory_deleted; DELETE FROM memories WHERE id = 7",
    ] {
        fs::write(&path, &whole).unwrap();
        Connection::open(&path).unwrap().execute_batch(change).unwrap();
        let error = refusal(&path).await.to_string();
        assert!(error.contains("it is damaged; restore it from a backup, or move it away"), "{change}: {error}");
    }
}

#[tokio::test]
async fn two_programs_share_a_file_and_the_second_goes_on_when_the_first_is_killed() {
    let (_directory, path) = database();
    let (mut one, two) = (start_on(&path).await, start_on(&path).await);
    let store = async |engram: EngramClient, name: &str| {
        for number in 0..10 {
            engram.store_memory(format!("{name} {number}")).await.unwrap();
        }
    };
    tokio::join!(store(one.client(), "tea"), store(two.client(), "coffee"));
    assert_eq!(one.client().list_memories().await.unwrap().total, Some(20));

    let engram = one.client();
    let writing =
        tokio::spawn(async move { while engram.store_memory("x").dedup(lumetra_engram::Dedup::Off).await.is_ok() {} });
    store(two.client(), "before").await;
    one.child.kill().await.unwrap();
    writing.await.unwrap();
    // No lock is left.
    store(two.client(), "later").await;
    assert_eq!(two.client().query("later").top_k(100).await.unwrap().memories_found, Some(10));
    let three = start_on(&path).await;
    store(three.client(), "third").await;
    assert_eq!(two.client().query("third").top_k(100).await.unwrap().memories_found, Some(10));
}
