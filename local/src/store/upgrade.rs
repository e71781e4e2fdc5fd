//! Bringing the database of an older version up to this one, and indexing memories anew.
//!
//! - Version 1 had one row in the index for each memory.
//! - Version 2 had other terms, and no tables of vectors.
//! - Version 3 had no tables of what a language model writes, and those of vectors in every database.

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::memories::NewMemory;
use super::{erase, index};

pub(super) fn from(transaction: &Transaction<'_>, version: i64) -> rusqlite::Result<()> {
    if version < 3 {
        with_other_terms(transaction)?;
    }
    Ok(())
}

/// The versions before the third knew another normal form of text, or other terms.
fn with_other_terms(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    tracing::info!("the memories are being reindexed for this version");
    transaction.execute_batch(erase::TABLE)?;
    index_anew(transaction)
}

/// Makes the full-text index of all memories, and what the buckets say of themselves. To be called in a transaction.
pub(super) fn index_anew(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DROP TRIGGER IF EXISTS memory_deleted; DROP TABLE memory_occurrences; DROP TABLE memory_terms;",
    )?;
    connection.execute_batch(index::SCHEMA)?;
    // The pages of the old index hold its words.
    erase::note(connection)?;
    let mut last = 0;
    // One at a time, since a memory can be long.
    while let Some(id) = index_after(connection, last)? {
        last = id;
    }
    connection.execute_batch(
        "UPDATE buckets SET (memory_count, term_count) =
             (SELECT count(*), coalesce(sum(term_count), 0) FROM memories WHERE bucket_id = buckets.id)",
    )?;
    Ok(())
}

/// Indexes the first memory after the one with this id, and says which it was.
fn index_after(connection: &Connection, last: i64) -> rusqlite::Result<Option<i64>> {
    let mut next =
        connection.prepare_cached("SELECT id, bucket_id, content FROM memories WHERE id > ?1 ORDER BY id LIMIT 1")?;
    let next = next.query_row([last], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((id, bucket_id, content)) = next else { return Ok(None) };
    let memory = NewMemory::prepare(content);
    connection.prepare_cached("UPDATE memories SET content_hash = ?2, term_count = ?3 WHERE id = ?1")?.execute((
        id,
        memory.content_hash,
        memory.term_count,
    ))?;
    index::insert(connection, bucket_id, id, &memory.terms)?;
    Ok(Some(id))
}
