use std::error::Error;
use std::path::Path;

use lumetra_engram::StoreStatus;
use lumetra_engram_local::LocalServer;
use rusqlite::Connection;

use crate::wire::{database, open, open_and_connect, refusal, start, start_with};

#[tokio::test]
async fn a_database_is_as_it_was_when_it_is_opened_again() {
    let (directory, path) = database();
    let (server, engram) = open_and_connect(&path).await;
    let id = engram.store_memory("The user prefers dark mode.").await.unwrap().id;
    engram.create_bucket("empty").description("for later").await.unwrap();
    let buckets = engram.list_buckets().await.unwrap();
    let result = engram.query("dark").await.unwrap();
    server.shutdown().await;
    // An orderly end leaves one file.
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);

    let (_server, engram) = open_and_connect(&path).await;
    assert_eq!(engram.list_buckets().await.unwrap(), buckets);
    assert_eq!(engram.query("dark").await.unwrap(), result);
    let again = engram.store_memory("The user prefers dark mode.").await.unwrap();
    assert_eq!((again.status, again.id), (Some(StoreStatus::Merged), id));
}

#[tokio::test]
async fn servers_in_memory_share_nothing() {
    let (one, two) = (start().await, start().await);
    one.client().unwrap().store_memory("tea").await.unwrap();
    assert!(two.client().unwrap().list_buckets().await.unwrap().is_empty());
}

#[tokio::test]
async fn many_stores_and_queries_at_once_all_succeed() {
    let directory = tempfile::tempdir().unwrap();
    for builder in [LocalServer::builder(), LocalServer::builder().database(directory.path().join("e.db"))] {
        let server = start_with(builder).await;
        let engram = server.client().unwrap();
        let calls = (0..50).map(|number| {
            let engram = engram.clone();
            async move {
                engram.store_memory(format!("tea number {number}")).await.unwrap();
                assert!(engram.query("tea").await.unwrap().memories_found.unwrap() > 0);
            }
        });
        futures_util::future::join_all(calls).await;
        assert_eq!(engram.list_memories().await.unwrap().total, Some(50));
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "These are my notes, and they are no database. ".repeat(100)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = refusal(&path).await;
    assert!(error.to_string().contains("not an SQLite database"), "{error}");
    assert!(error.source().is_some());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE accounts (name TEXT)").unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = refusal(&path).await;
    assert!(error.to_string().contains("another program"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let (_directory, path) = database();
    open(&path).await.shutdown().await;
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = refusal(&path).await;
    assert!(error.to_string().contains("version 99") && error.to_string().contains("newer"), "{error}");
}

#[tokio::test]
async fn a_place_where_no_file_can_be_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    assert!(refusal(directory.path()).await.to_string().contains("is a directory"));
    let missing = directory.path().join("missing").join("engram.db");
    assert!(refusal(&missing).await.to_string().contains("directory does not exist"));
    assert!(!missing.parent().unwrap().exists());
    for (name, reason) in
        [("", "not the name of a file"), (":memory:", "not the name of a file"), ("/dev/null", "name a file")]
    {
        assert!(refusal(Path::new(name)).await.to_string().contains(reason), "{name}");
    }
}
