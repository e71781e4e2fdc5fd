//! Databases that older versions of the server have left behind.

use std::path::Path;

use lumetra_engram::StoreStatus;
use lumetra_engram_local::LocalServer;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::chat::Endpoint;
use crate::profiles::until_text;
use crate::wire::{database, start_with};

/// As version 1 made them, which knew lower case in place of case folding, and had a row in the index for each memory.
const VERSION_1: &str = "
    CREATE TABLE buckets (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        tenant       BLOB    NOT NULL,
        uuid         TEXT    NOT NULL UNIQUE,
        name         TEXT    NOT NULL,
        description  TEXT,
        created_at   TEXT    NOT NULL,
        memory_count INTEGER NOT NULL DEFAULT 0,
        term_count   INTEGER NOT NULL DEFAULT 0,
        UNIQUE (tenant, name)
    ) STRICT;
    CREATE TABLE memories (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        bucket_id    INTEGER NOT NULL REFERENCES buckets (id),
        uuid         TEXT    NOT NULL UNIQUE,
        content_hash BLOB    NOT NULL,
        term_count   INTEGER NOT NULL,
        token_count  INTEGER NOT NULL,
        created_at   TEXT    NOT NULL,
        content      TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX memories_by_bucket ON memories (bucket_id);
    CREATE INDEX memories_by_content ON memories (bucket_id, content_hash);
    CREATE VIRTUAL TABLE memory_terms USING fts5 (terms, content = '', contentless_delete = 1, tokenize = 'ascii');
    CREATE VIRTUAL TABLE memory_occurrences USING fts5vocab ('memory_terms', 'instance');
    CREATE TRIGGER memory_stored AFTER INSERT ON memories BEGIN
        UPDATE buckets SET memory_count = memory_count + 1, term_count = term_count + new.term_count WHERE id = new.bucket_id;
    END;
    CREATE TRIGGER memory_deleted AFTER DELETE ON memories BEGIN
        UPDATE buckets SET memory_count = memory_count - 1, term_count = term_count - old.term_count WHERE id = old.bucket_id;
        DELETE FROM memory_terms WHERE rowid = old.id;
    END;
    PRAGMA application_id = 0x456E4C6F;
    PRAGMA user_version = 1;
";

const KEY: &str = "key";

/// A memory as version 1 stored it, with its terms.
type Memory = (i64, &'static str, &'static [&'static str]);

const MEMORIES: &[Memory] = &[
    (1, "Ο Ερμής μένει εδώ", &["ο", "ερμης", "μενει", "εδω"]),
    (1, "launch 🚀 on Friday", &["launch", "on", "friday"]),
    (1, "用户喜欢深色", &["用", "户", "喜", "欢", "深", "色", "用户", "户喜", "喜欢", "欢深", "深色"]),
    (2, "The user likes tea.", &["the", "user", "like", "tea"]),
    (2, "?!", &[]),
];

fn make_version_1(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(VERSION_1).unwrap();
    let tenant: [u8; 32] = Sha256::digest(KEY).into();
    for (id, name) in [(1, "default"), (2, "other"), (3, "empty")] {
        let sql =
            "INSERT INTO buckets (id, tenant, uuid, name, created_at) VALUES (?1, ?2, ?3, ?3, '2026-01-01T00:00:00Z')";
        connection.execute(sql, (id, tenant, name)).unwrap();
    }
    for (place, (bucket, content, terms)) in MEMORIES.iter().enumerate() {
        let hash: [u8; 32] = Sha256::digest(content.to_lowercase()).into();
        let sql = "INSERT INTO memories (bucket_id, uuid, content_hash, term_count, token_count, created_at, content)
                   VALUES (?1, ?2, ?3, ?4, 4, '2026-01-01T00:00:00Z', ?5)";
        let values = (bucket, format!("id {place}"), hash, i64::try_from(terms.len()).unwrap(), content);
        connection.execute(sql, values).unwrap();
        let terms: Vec<String> = terms.iter().map(|term| format!("{bucket}x{term}")).collect();
        let sql = "INSERT INTO memory_terms (rowid, terms) VALUES (?1, ?2)";
        connection.execute(sql, (connection.last_insert_rowid(), terms.join(" "))).unwrap();
    }
    connection.execute("DELETE FROM memories WHERE uuid = 'id 3'", []).unwrap();
}

async fn open(path: &Path) -> LocalServer {
    start_with(LocalServer::builder().database(path).api_key(KEY)).await
}

#[tokio::test]
async fn a_database_of_the_first_version_finds_and_merges_its_memories_as_a_new_one_does() {
    let (_directory, path) = database();
    make_version_1(&path);
    // The second time, it is of this version.
    for _ in 0..2 {
        let server = open(&path).await;
        let engram = server.client().unwrap();
        for (question, id) in [("ΕΡΜΗΣ", "id 0"), ("🚀", "id 1"), ("深", "id 2"), ("深色模式", "id 2")] {
            let result = engram.query(question).await.unwrap();
            let memories = result.explanation.unwrap().retrieved_memories;
            assert_eq!(memories.len(), 1, "{question}");
            assert_eq!(memories[0].memory_id, id, "{question}");
        }
        let again = engram.store_memory("Ο ΕΡΜΗΣ ΜΕΝΕΙ ΕΔΩ").await.unwrap();
        assert_eq!((again.status, again.id.as_str()), (Some(StoreStatus::Merged), "id 0"));
        assert_eq!(engram.query("tea").bucket("other").await.unwrap().memories_found, Some(0), "it was deleted");
        let counts: Vec<_> = engram.list_buckets().await.unwrap().iter().map(|bucket| bucket.memory_count).collect();
        assert_eq!(counts, [Some(3), Some(1), Some(0)]);
        server.shutdown().await;
    }
    let server = open(&path).await;
    let engram = server.client().unwrap();
    engram.delete_memory("id 1").await.unwrap();
    assert_eq!(engram.query("🚀").await.unwrap().memories_found, Some(0));
    server.shutdown().await;
    // It checks the index against the memories.
    open(&path).await;
}

#[tokio::test]
async fn a_database_of_the_second_version_is_as_it_was_and_its_words_are_found_by_their_roots() {
    let (_directory, path) = database();
    // As the server of that version left it.
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/version-2.db"), &path).unwrap();
    for _ in 0..2 {
        let server = open(&path).await;
        let engram = server.client().unwrap();
        let memories = engram.list_memories().await.unwrap().memories;
        let contents: Vec<&str> = memories.iter().map(|memory| memory.content.as_str()).collect();
        let bicycle = "The user bought a new bicycle on 3 May.";
        let dark = "The user prefers dark mode in every editor.";
        assert_eq!(contents, ["用户喜欢深色", "launch 🚀 on Friday", "Ο Ερμής μένει εδώ", bicycle, dark]);
        assert_eq!(memories[4].id, "01a21849-f209-7544-a72d-24d4fb257cb2");
        for (question, bucket, answer) in [
            ("What did the user buy?", "default", bicycle),
            ("which editors", "default", dark),
            ("ΕΡΜΗΣ", "default", "Ο Ερμής μένει εδώ"),
            ("allergies", "other", "The user is allergic to peanuts."),
        ] {
            let result = engram.query(question).bucket(bucket).await.unwrap();
            assert_eq!(result.answer, format!("From memory: {answer}"), "{question}");
        }
        assert_eq!(engram.query("secret").await.unwrap().memories_found, Some(0), "it was deleted");
        let again = engram.store_memory("The user likes TEA.").bucket("other").await.unwrap();
        assert_eq!(again.status, Some(StoreStatus::Merged));
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_database_of_the_third_version_keeps_its_index_and_its_vectors() {
    let (_directory, path) = database();
    // As the server of that version left it, with the vectors of a model.
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/version-3.db"), &path).unwrap();
    let rows = |sql: &str| {
        let connection = Connection::open(&path).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
        rows.map(|row| row.unwrap()).collect::<Vec<_>>()
    };
    let kept = || (rows("SELECT id, block FROM memory_terms_data"), rows("SELECT memory_id, vector FROM vectors"));
    let before = kept();
    for _ in 0..2 {
        let server = open(&path).await;
        let engram = server.client().unwrap();
        for (question, bucket, answer) in [
            ("What did the user buy?", "default", "The user bought a new bicycle on 3 May."),
            ("allergies", "other", "The user is allergic to peanuts."),
        ] {
            let result = engram.query(question).bucket(bucket).await.unwrap();
            assert_eq!(result.answer, format!("From memory: {answer}"), "{question}");
        }
        assert_eq!(engram.query("secret").await.unwrap().memories_found, Some(0), "it was deleted");
        server.shutdown().await;
        assert_eq!(kept(), before);
    }
    let connection = Connection::open(&path).unwrap();
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("PRAGMA user_version"), 4);
}

#[tokio::test]
async fn a_database_of_the_third_version_can_have_profiles() {
    let (_directory, path) = database();
    // As the server of that version left it.
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/version-3.db"), &path).unwrap();
    let endpoint = Endpoint::start().await;
    for round in 0..2 {
        let server = start_with(endpoint.builder().database(&path).api_key(KEY)).await;
        let engram = server.client().unwrap();
        let result = engram.query("What did the user buy?").skip_synthesis(true).await.unwrap();
        let found = &result.explanation.unwrap().retrieved_memories[0];
        assert_eq!(found.content, "The user bought a new bicycle on 3 May.");
        if round == 0 {
            engram.regenerate_profile().await.unwrap();
        }
        until_text(&engram, "default", "Green tea.").await;
        server.shutdown().await;
    }
    assert_eq!(endpoint.requests().len(), 1);
}
