//! Memories.

use lumetra_engram::api::types::{Dedup, ListMemoriesResult, Memory, MergeReason, StoreMemoryResult, StoreStatus};
use rusqlite::{Connection, OptionalExtension, named_params};
use sha2::{Digest, Sha256};

use super::buckets::{self, BucketRow};
use super::{StoreError, erase, new_uuid, now};
use crate::page::Page;
use crate::tenant::Tenant;
use crate::text::{terms, tokens};

/// A memory with all that is stored of it.
pub(super) struct NewMemory {
    content: String,
    content_hash: [u8; 32],
    terms: Vec<String>,
    term_count: i64,
    token_count: i64,
}

impl NewMemory {
    pub(super) fn prepare(content: String) -> Self {
        let terms = terms::of_memory(&content);
        Self {
            content_hash: normalised_hash(&content),
            term_count: i64::try_from(terms.len()).unwrap_or(i64::MAX),
            terms,
            token_count: tokens::count(&content),
            content,
        }
    }
}

/// The same for contents that differ only in upper and lower case, or in white space.
fn normalised_hash(content: &str) -> [u8; 32] {
    let words: Vec<&str> = content.split_whitespace().collect();
    Sha256::digest(words.join(" ").to_lowercase()).into()
}

pub(super) fn store(
    connection: &Connection,
    tenant: Tenant,
    bucket_name: &str,
    new: &[NewMemory],
    dedup: Option<Dedup>,
) -> Result<Vec<StoreMemoryResult>, StoreError> {
    let bucket = buckets::find_or_create(connection, tenant, bucket_name)?;
    let mut inserted = Vec::new();
    let mut results = Vec::with_capacity(new.len());
    for memory in new {
        let mut result = match find_same(connection, &bucket, memory, dedup)? {
            Some(id) => merged(id),
            None => {
                let (row_id, uuid) = insert(connection, &bucket, memory)?;
                inserted.push((row_id, memory));
                stored(uuid)
            }
        };
        result.bucket_name = Some(bucket_name.to_owned());
        result.token_count = Some(memory.token_count);
        results.push(result);
    }
    // At the end, since each insertion into the table of memories makes FTS5 write out what it has gathered in memory.
    inserted.into_iter().try_for_each(|(row_id, memory)| index(connection, &bucket, row_id, memory))?;
    Ok(results)
}

fn stored(id: String) -> StoreMemoryResult {
    let mut result = StoreMemoryResult::default();
    result.status = Some(StoreStatus::Stored);
    result.memory_id = Some(id.clone());
    result.id = id;
    result
}

fn merged(id: String) -> StoreMemoryResult {
    let mut result = StoreMemoryResult::default();
    result.status = Some(StoreStatus::Merged);
    result.merge_reason = Some(MergeReason::ContentHash);
    result.similarity_score = Some(1.0);
    result.deduped_into = Some(id.clone());
    result.memory_id = Some(id.clone());
    result.id = id;
    result
}

/// The oldest memory of the bucket with this content, which takes the new one in.
fn find_same(
    connection: &Connection,
    bucket: &BucketRow,
    memory: &NewMemory,
    dedup: Option<Dedup>,
) -> Result<Option<String>, StoreError> {
    if dedup == Some(Dedup::Off) {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached(
        "SELECT uuid FROM memories WHERE bucket_id = :bucket AND content_hash = :hash ORDER BY id LIMIT 1",
    )?;
    let values = named_params! { ":bucket": bucket.id, ":hash": memory.content_hash };
    Ok(statement.query_row(values, |row| row.get(0)).optional()?)
}

fn insert(connection: &Connection, bucket: &BucketRow, memory: &NewMemory) -> Result<(i64, String), StoreError> {
    let uuid = new_uuid();
    let mut statement = connection.prepare_cached(
        "INSERT INTO memories (bucket_id, uuid, content_hash, term_count, token_count, created_at, content)
         VALUES (:bucket, :uuid, :hash, :terms, :tokens, :created_at, :content)",
    )?;
    let row_id = statement.insert(named_params! {
        ":bucket": bucket.id, ":uuid": uuid, ":hash": memory.content_hash, ":terms": memory.term_count,
        ":tokens": memory.token_count, ":created_at": now(), ":content": memory.content,
    })?;
    Ok((row_id, uuid))
}

fn index(connection: &Connection, bucket: &BucketRow, row_id: i64, memory: &NewMemory) -> Result<(), StoreError> {
    let terms: Vec<String> = memory.terms.iter().map(|term| index_term(bucket.id, term)).collect();
    connection
        .prepare_cached("INSERT INTO memory_terms (rowid, terms) VALUES (?1, ?2)")?
        .execute((row_id, terms.join(" ")))?;
    Ok(())
}

/// The term as the index holds it. The id ends at the first letter, so no two buckets share one.
pub(super) fn index_term(bucket_id: i64, term: &str) -> String {
    format!("{bucket_id}x{term}")
}

pub(super) fn list(
    connection: &Connection,
    tenant: Tenant,
    bucket_name: &str,
    page: Page,
) -> Result<ListMemoriesResult, StoreError> {
    let bucket = buckets::require(connection, tenant, bucket_name)?;
    let mut statement = connection.prepare_cached(
        "SELECT uuid, content, created_at, token_count FROM memories
         WHERE bucket_id = :bucket ORDER BY id DESC LIMIT :limit OFFSET :offset",
    )?;
    let values = named_params! { ":bucket": bucket.id, ":limit": page.limit, ":offset": page.offset };
    let memories = statement.query_map(values, |row| {
        let mut memory = Memory::default();
        memory.id = row.get(0)?;
        memory.content = row.get(1)?;
        memory.created_at = row.get(2)?;
        memory.token_count = row.get(3)?;
        memory.bucket_name = Some(bucket_name.to_owned());
        Ok(memory)
    })?;
    let mut result = ListMemoriesResult::default();
    result.memories = memories.collect::<Result<_, _>>()?;
    result.total = Some(bucket.memory_count);
    result.limit = Some(page.limit);
    result.offset = Some(page.offset);
    Ok(result)
}

pub(super) fn delete(connection: &Connection, tenant: Tenant, bucket_name: &str, uuid: &str) -> Result<(), StoreError> {
    let bucket = buckets::require(connection, tenant, bucket_name)?;
    erase::note(connection)?;
    let mut statement = connection.prepare_cached("DELETE FROM memories WHERE uuid = ?1 AND bucket_id = ?2")?;
    match statement.execute((uuid, bucket.id))? {
        0 => Err(StoreError::MemoryNotFound),
        _ => Ok(()),
    }
}

pub(super) fn clear(connection: &Connection, tenant: Tenant, bucket_name: &str) -> Result<i64, StoreError> {
    let bucket = buckets::require(connection, tenant, bucket_name)?;
    delete_all(connection, bucket.id)?;
    Ok(bucket.memory_count)
}

pub(super) fn delete_all(connection: &Connection, bucket_id: i64) -> Result<(), StoreError> {
    erase::note(connection)?;
    connection.prepare_cached("DELETE FROM memories WHERE bucket_id = ?1")?.execute([bucket_id])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_white_space_make_no_other_content() {
        assert_eq!(normalised_hash("  The User\n\tprefers  tea "), normalised_hash("the user prefers TEA"));
        assert_ne!(normalised_hash("the user"), normalised_hash("theuser"));
        assert_ne!(normalised_hash("tea."), normalised_hash("tea"));
    }
}
