//! Which memories' facts are known, and which are next.
//!
//! Each bucket has its own place in the queue, so that one with many memories holds up no other.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use super::names;
use crate::store::{Database, StoreError};
use crate::text::normal;

/// A memory whose facts are not known yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) id: i64,
    pub(crate) content: String,
}

/// The next memories of a bucket. There is one at least.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) bucket: i64,
    /// The memories up to this id were done before.
    done_to: i64,
    pub(crate) memories: Vec<Pending>,
}

/// A fact, as a model gave it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NewFact {
    pub(crate) subject: String,
    pub(crate) predicate: String,
    pub(crate) object: String,
}

/// What became of a memory.
#[derive(Debug)]
pub(crate) enum Done {
    /// Its facts, of which there may be none.
    Facts(Vec<NewFact>),
    /// The model can do nothing with it.
    Failed,
}

/// The oldest memories that are not done, of the first bucket that has any, counted on from the one after this. Not much more than so many
/// bytes; how many memories, each bucket's id decides.
pub(crate) fn next(
    database: &Database<'_>,
    after: i64,
    count: impl Fn(i64) -> usize,
    bytes: usize,
) -> Result<Option<Batch>, StoreError> {
    let next = match next_bucket(database.connection, after)? {
        Some(next) => Some(next),
        None => next_bucket(database.connection, 0)?,
    };
    let Some((bucket, done_to)) = next else { return Ok(None) };
    let sql = "SELECT id, content FROM memories WHERE bucket_id = ?1 AND id > ?2 ORDER BY id";
    let mut statement = database.connection.prepare_cached(sql)?;
    let mut rows = statement.query([bucket, done_to])?;
    let (mut memories, mut size): (Vec<Pending>, usize) = (Vec::new(), 0);
    while memories.len() < count(bucket)
        && let Some(row) = rows.next()?
    {
        let memory = Pending { id: row.get(0)?, content: row.get(1)? };
        size += memory.content.len();
        if size > bytes && !memories.is_empty() {
            break;
        }
        memories.push(memory);
    }
    Ok((!memories.is_empty()).then_some(Batch { bucket, done_to, memories }))
}

const NEXT_BUCKET: &str = "
    SELECT buckets.id, coalesce(done_to, 0) FROM buckets LEFT JOIN extraction ON bucket_id = buckets.id
    WHERE buckets.id > ?1
        AND EXISTS (SELECT 1 FROM memories WHERE memories.bucket_id = buckets.id AND memories.id > coalesce(done_to, 0))
    ORDER BY buckets.id LIMIT 1";

fn next_bucket(connection: &Connection, after: i64) -> rusqlite::Result<Option<(i64, i64)>> {
    let mut statement = connection.prepare_cached(NEXT_BUCKET)?;
    statement.query_row([after], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// Keeps what became of the first memories of the batch. Nothing happens where somebody else has done that meanwhile, and a memory that was
/// deleted gets no facts.
pub(crate) fn keep(database: &Database<'_>, batch: &Batch, done: &[Done]) -> Result<(), StoreError> {
    let connection = database.connection;
    let Some(to) = done.len().checked_sub(1).and_then(|last| batch.memories.get(last)).map(|memory| memory.id) else {
        return Ok(());
    };
    let mut done_to = connection.prepare_cached("SELECT done_to FROM extraction WHERE bucket_id = ?1")?;
    let done_to: Option<i64> = done_to.query_row([batch.bucket], |row| row.get(0)).optional()?;
    if done_to.unwrap_or(0) != batch.done_to {
        return Ok(());
    }
    for (memory, done) in batch.memories.iter().zip(done) {
        let mut exists = connection.prepare_cached("SELECT 1 FROM memories WHERE id = ?1 AND bucket_id = ?2")?;
        if !exists.exists([memory.id, batch.bucket])? {
            continue;
        }
        match done {
            Done::Facts(facts) => insert(connection, batch.bucket, memory.id, facts)?,
            Done::Failed => {
                connection.prepare_cached("INSERT INTO unextracted VALUES (?1)")?.execute([memory.id])?;
            }
        }
    }
    let sql = "INSERT INTO extraction SELECT id, ?2 FROM buckets WHERE id = ?1
               ON CONFLICT (bucket_id) DO UPDATE SET done_to = excluded.done_to";
    connection.prepare_cached(sql)?.execute([batch.bucket, to])?;
    Ok(())
}

/// Each fact once, however it is written.
fn insert(connection: &Connection, bucket: i64, memory: i64, facts: &[NewFact]) -> rusqlite::Result<()> {
    let mut known = HashSet::new();
    let mut statement = connection
        .prepare_cached("INSERT INTO facts (memory_id, subject_id, object_id, predicate) VALUES (?1, ?2, ?3, ?4)")?;
    for fact in facts {
        let [subject, predicate, object] =
            [&fact.subject, &fact.predicate, &fact.object].map(|text| normal::squeezed(text).collect::<String>());
        if known.insert([subject.clone(), predicate, object.clone()]) {
            let subject = names::find_or_insert(connection, bucket, &fact.subject, &subject)?;
            let object = names::find_or_insert(connection, bucket, &fact.object, &object)?;
            statement.execute((memory, subject, object, &fact.predicate))?;
        }
    }
    Ok(())
}
