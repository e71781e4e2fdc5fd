//! The limit: the server's tables and settings, and its statements for a store, with nothing around them. The search is FTS5's own.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{Fact, Memories};

const SCHEMA: [&str; 2] = [
    include_str!("../../../../../local/src/store/schema.sql"),
    include_str!("../../../../../local/src/store/index.sql"),
];
/// As the server's, in local/src/store/open.rs.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -65536;
";
const CREATED_AT: &str = "2026-05-22T09:30:00.000000Z";

pub struct Bare {
    connection: Connection,
    stored: u64,
}

impl Bare {
    pub fn open(file: &Path, buckets: u32) -> Result<Self> {
        let mut connection = Connection::open(file)?;
        connection.execute_batch(&SCHEMA.concat())?;
        connection.execute_batch(SETTINGS)?;
        let transaction = connection.transaction()?;
        for bucket in 1..=buckets {
            let name = format!("bucket-{bucket}");
            let values = (bucket, [0_u8; 32], &name, &name, CREATED_AT);
            let statement = "INSERT INTO buckets (id, tenant, uuid, name, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
            transaction.prepare_cached(statement)?.execute(values)?;
        }
        transaction.commit()?;
        Ok(Self { connection, stored: 0 })
    }

    /// A number where the server has a hash and an id, which are not SQLite's work.
    fn next(&mut self) -> ([u8; 32], String) {
        self.stored += 1;
        let mut hash = [0; 32];
        // Spread over the index, as a hash is.
        hash[..8].copy_from_slice(&self.stored.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        (hash, format!("01900000-0000-7000-8000-{:012x}", self.stored))
    }
}

impl Memories for Bare {
    async fn store(&mut self, bucket: u32, facts: &[Fact]) -> Result<()> {
        let keys: Vec<_> = facts.iter().map(|_| self.next()).collect();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut inserted = Vec::with_capacity(facts.len());
        for (fact, (hash, uuid)) in facts.iter().zip(&keys) {
            let same = "SELECT uuid FROM memories WHERE bucket_id = ?1 AND content_hash = ?2 ORDER BY id LIMIT 1";
            let same: Option<String> =
                transaction.prepare_cached(same)?.query_row((bucket, hash), |row| row.get(0)).optional()?;
            if same.is_some() {
                continue;
            }
            let insert =
                "INSERT INTO memories (bucket_id, uuid, content_hash, term_count, token_count, created_at, content)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let count = i64::try_from(fact.len())?;
            let values = (bucket, uuid, hash, count, count, CREATED_AT, fact.join(" "));
            inserted.push((transaction.prepare_cached(insert)?.insert(values)?, fact));
        }
        for (row, fact) in inserted {
            let terms: Vec<_> = fact.iter().map(|word| format!("{bucket}x{word}")).collect();
            let index = "INSERT INTO memory_terms (rowid, terms) VALUES (?1, ?2)";
            transaction.prepare_cached(index)?.execute((row, terms.join(" ")))?;
        }
        Ok(transaction.commit()?)
    }

    async fn query(&mut self, bucket: u32, words: &[String]) -> Result<usize> {
        let terms: Vec<_> = words.iter().map(|word| format!("\"{bucket}x{word}\"")).collect();
        let search = "SELECT uuid, content, rank FROM (
                SELECT rowid, rank FROM memory_terms WHERE memory_terms MATCH ?1 ORDER BY rank LIMIT 8
            ) AS found JOIN memories ON memories.id = found.rowid";
        let mut statement = self.connection.prepare_cached(search)?;
        let rows = statement.query_map([terms.join(" OR ")], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, f64>(2)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.len())
    }
}
