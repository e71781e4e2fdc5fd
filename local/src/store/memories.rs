//! Memories.

use lumetra_engram::api::types::{Dedup, ListMemoriesResult, Memory, MergeReason, StoreMemoryResult, StoreStatus};
use rusqlite::{OptionalExtension, named_params};
use sha2::{Digest, Sha256};

use super::buckets::{self, BucketRow};
use super::stamp::{new_uuid, now};
use super::{Database, Page, StoreError, erase, index, optional, profiles, vectors};
use crate::text::terms::Terms;
use crate::text::{normal, terms, tokens};
use crate::vector::Vector;

/// A memory with all that is stored of it.
pub(super) struct NewMemory {
    content: String,
    pub(super) content_hash: [u8; 32],
    pub(super) terms: Terms,
    pub(super) term_count: i64,
    token_count: i64,
}

impl NewMemory {
    pub(super) fn prepare(content: String) -> Self {
        let terms = terms::of_memory(&content);
        Self {
            content_hash: normal_hash(&content),
            term_count: i64::try_from(terms.count()).unwrap_or(i64::MAX),
            terms,
            token_count: tokens::count(&content),
            content,
        }
    }
}

/// How much is hashed at once, in bytes.
const HASHED_AT_ONCE: usize = 8192;

/// The same for contents that are the same to a search, white space aside.
fn normal_hash(content: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = String::new();
    for character in normal::squeezed(content) {
        part.push(character);
        if part.len() >= HASHED_AT_ONCE {
            hash.update(&part);
            part.clear();
        }
    }
    hash.update(&part);
    hash.finalize().into()
}

pub(super) fn store(
    database: &Database<'_>,
    bucket_name: &str,
    new: &[NewMemory],
    dedup: Option<Dedup>,
) -> Result<Vec<StoreMemoryResult>, StoreError> {
    let bucket = buckets::find_or_create(database, bucket_name)?;
    let mut inserted = Vec::new();
    let mut results = Vec::with_capacity(new.len());
    for memory in new {
        let mut result = match find_same(database, &bucket, memory, dedup)? {
            Some(id) => merged(id),
            None => {
                let (row_id, uuid) = insert(database, &bucket, memory)?;
                inserted.push((row_id, memory));
                stored(uuid)
            }
        };
        result.bucket_name = Some(bucket_name.to_owned());
        result.token_count = Some(memory.token_count);
        results.push(result);
    }
    // At the end, since each insertion into the table of memories makes FTS5 write out what it has gathered in memory.
    for (row_id, memory) in inserted {
        index::insert(database.connection, bucket.id, row_id, &memory.terms)?;
    }
    Ok(results)
}

/// The memories of the bucket that were stored right before and right after this one.
pub(crate) fn neighbours(
    database: &Database<'_>,
    bucket_id: i64,
    memory: i64,
) -> Result<impl Iterator<Item = i64>, StoreError> {
    let mut statement = database.connection.prepare_cached(
        "SELECT (SELECT max(id) FROM memories WHERE bucket_id = ?1 AND id < ?2),
                (SELECT min(id) FROM memories WHERE bucket_id = ?1 AND id > ?2)",
    )?;
    let [before, after]: [Option<i64>; 2] =
        statement.query_row([bucket_id, memory], |row| Ok([row.get(0)?, row.get(1)?]))?;
    Ok([before, after].into_iter().flatten())
}

/// Stores the memory, or merges it into one that has the same content or a vector that is as near as that.
pub(super) fn store_if_new(
    database: &Database<'_>,
    bucket_name: &str,
    new: &NewMemory,
    vector: &Vector,
    least_cosine: f64,
) -> Result<StoreMemoryResult, StoreError> {
    let bucket = buckets::find_or_create(database, bucket_name)?;
    let mut result = if let Some(id) = find_same(database, &bucket, new, None)? {
        merged(id)
    } else if let Some((id, cosine)) = vectors::most_similar(database, bucket.id, vector)?
        && cosine >= least_cosine
    {
        let (uuid, ..) = content(database, bucket.id, id)?;
        merged_by_meaning(uuid, cosine)
    } else {
        let (id, uuid) = insert(database, &bucket, new)?;
        vectors::insert_new(database, id, vector)?;
        index::insert(database.connection, bucket.id, id, &new.terms)?;
        stored(uuid)
    };
    result.bucket_name = Some(bucket_name.to_owned());
    result.token_count = Some(new.token_count);
    Ok(result)
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

fn merged_by_meaning(id: String, cosine: f64) -> StoreMemoryResult {
    let mut result = merged(id);
    result.merge_reason = Some(MergeReason::EmbeddingSimilarity);
    result.similarity_score = Some(cosine.min(1.0));
    result
}

/// The oldest memory of the bucket with this content, which takes the new one in.
fn find_same(
    database: &Database<'_>,
    bucket: &BucketRow,
    memory: &NewMemory,
    dedup: Option<Dedup>,
) -> Result<Option<String>, StoreError> {
    if dedup == Some(Dedup::Off) {
        return Ok(None);
    }
    let mut statement = database.connection.prepare_cached(
        "SELECT uuid FROM memories WHERE bucket_id = :bucket AND content_hash = :hash ORDER BY id LIMIT 1",
    )?;
    let values = named_params! { ":bucket": bucket.id, ":hash": memory.content_hash };
    Ok(statement.query_row(values, |row| row.get(0)).optional()?)
}

fn insert(database: &Database<'_>, bucket: &BucketRow, memory: &NewMemory) -> Result<(i64, String), StoreError> {
    let uuid = new_uuid();
    let mut statement = database.connection.prepare_cached(
        "INSERT INTO memories (bucket_id, uuid, content_hash, term_count, token_count, created_at, content)
         VALUES (:bucket, :uuid, :hash, :terms, :tokens, :created_at, :content)",
    )?;
    let row_id = statement.insert(named_params! {
        ":bucket": bucket.id, ":uuid": uuid, ":hash": memory.content_hash, ":terms": memory.term_count,
        ":tokens": memory.token_count, ":created_at": now(), ":content": memory.content,
    })?;
    Ok((row_id, uuid))
}

pub(crate) fn list(database: &Database<'_>, bucket_name: &str, page: Page) -> Result<ListMemoriesResult, StoreError> {
    let bucket = buckets::require(database, bucket_name)?;
    let mut statement = database.connection.prepare_cached(
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

pub(crate) fn delete(database: &Database<'_>, bucket_name: &str, uuid: &str) -> Result<(), StoreError> {
    let bucket = buckets::require(database, bucket_name)?;
    erase::note(database.connection)?;
    let mut statement =
        database.connection.prepare_cached("DELETE FROM memories WHERE uuid = ?1 AND bucket_id = ?2")?;
    match statement.execute((uuid, bucket.id))? {
        0 => Err(StoreError::MemoryNotFound),
        _ => Ok(()),
    }
}

pub(crate) fn clear(database: &Database<'_>, bucket_name: &str) -> Result<i64, StoreError> {
    let bucket = buckets::require(database, bucket_name)?;
    delete_all(database, bucket.id)?;
    Ok(bucket.memory_count)
}

pub(crate) fn delete_bucket(database: &Database<'_>, name: &str) -> Result<(), StoreError> {
    let bucket = buckets::require(database, name)?;
    delete_all(database, bucket.id)?;
    database.connection.prepare_cached("DELETE FROM buckets WHERE id = ?1")?.execute([bucket.id])?;
    Ok(())
}

fn delete_all(database: &Database<'_>, bucket_id: i64) -> Result<(), StoreError> {
    erase::note(database.connection)?;
    if optional::has_written(database.connection)? {
        profiles::forget(database.connection, bucket_id)?;
    }
    database.connection.prepare_cached("DELETE FROM memories WHERE bucket_id = ?1")?.execute([bucket_id])?;
    Ok(())
}

/// The id by which clients know the memory, its content, and when it was stored.
pub(crate) fn content(
    database: &Database<'_>,
    bucket_id: i64,
    id: i64,
) -> Result<(String, String, String), StoreError> {
    let sql = "SELECT uuid, content, created_at FROM memories WHERE id = ?1 AND bucket_id = ?2";
    let mut statement = database.connection.prepare_cached(sql)?;
    Ok(statement.query_row((id, bucket_id), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_marks_and_white_space_make_no_other_content() {
        assert_eq!(normal_hash("  The User\n\tprefers  tea "), normal_hash("the user prefers TEA"));
        assert_ne!(normal_hash("the user"), normal_hash("theuser"));
        assert_ne!(normal_hash("tea."), normal_hash("tea"));
        let long = "tea ".repeat(HASHED_AT_ONCE);
        assert_eq!(normal_hash(&long), normal_hash(&long.to_uppercase()));
        assert_ne!(normal_hash(&long), normal_hash(&format!("{long}tea")));
    }
}
