//! The vectors of the memories, and which model they are of.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::codes::{BucketCodes, Near};
use super::model::{self, Model};
use super::{Database, StoreError, buckets, erase};
use crate::vector::{Space, Vector};

pub(super) const SCHEMA: &str = include_str!("vectors.sql");
/// So many vectors are looked at exactly for the most similar one.
const CANDIDATES: usize = 16;

/// The model whose vectors the database has, if it has had any.
pub(crate) fn model(database: &Database<'_>) -> Result<Option<Model>, StoreError> {
    Ok(model::last(database.connection)?)
}

/// Makes this the model of the database. Where it was another, its vectors go. Says whether it was.
pub(crate) fn adopt(database: &Database<'_>, name: &str, dimension: usize) -> Result<bool, StoreError> {
    let last = model::last(database.connection)?;
    if last.as_ref().is_some_and(|last| last.name == name && last.dimension == dimension) {
        return Ok(false);
    }
    if last.is_some() {
        erase::note(database.connection)?;
    }
    database.connection.execute_batch("DELETE FROM vectors; DELETE FROM embedding")?;
    database
        .connection
        .prepare_cached("INSERT INTO embedding (model, dimension) VALUES (?1, ?2)")?
        .execute((name, u32::try_from(dimension).unwrap_or(u32::MAX)))?;
    Ok(last.is_some())
}

/// Has all memories embedded anew.
#[cfg(feature = "cli")]
pub(super) fn forget_all(connection: &Connection) -> rusqlite::Result<()> {
    erase::note(connection)?;
    connection.execute_batch("DELETE FROM vectors; DELETE FROM embedding")
}

/// A memory that has no vector yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) id: i64,
    pub(crate) content: String,
}

/// The oldest memories that have no vector, `count` at most, and the id up to which there are no others.
pub(crate) fn pending(
    database: &Database<'_>,
    model: &Model,
    count: usize,
    bytes: usize,
) -> Result<(Vec<Pending>, i64), StoreError> {
    let mut statement = database.connection.prepare_cached(
        "SELECT id, content, EXISTS (SELECT 1 FROM vectors WHERE memory_id = memories.id) FROM memories
         WHERE id > ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([model.done_to])?;
    let (mut pending, mut to, mut size) = (Vec::new(), model.done_to, 0);
    while pending.len() < count
        && size < bytes
        && let Some(row) = rows.next()?
    {
        to = row.get(0)?;
        if !row.get(2)? {
            let content: String = row.get(1)?;
            size += content.len();
            pending.push(Pending { id: to, content });
        }
    }
    Ok((pending, to))
}

/// Keeps the vectors of these memories, and notes that those up to this id are done. Nothing happens where somebody else has done that
/// meanwhile, or chosen another model.
pub(crate) fn insert(
    database: &Database<'_>,
    model: &Model,
    vectors: &[(i64, Vec<Vector>)],
    done_to: i64,
) -> Result<(), StoreError> {
    let is_current = model::last(database.connection)?
        .is_some_and(|now| now.generation == model.generation && now.done_to == model.done_to);
    if !is_current {
        return Ok(());
    }
    for (memory, vectors) in vectors {
        insert_of(database.connection, *memory, vectors)?;
    }
    database
        .connection
        .prepare_cached("UPDATE embedding SET done_to = ?2 WHERE generation = ?1")?
        .execute([model.generation, done_to])?;
    Ok(())
}

/// A memory that was deleted or has its vectors already gets none.
fn insert_of(connection: &Connection, memory: i64, vectors: &[Vector]) -> rusqlite::Result<()> {
    let sql =
        "SELECT bucket_id FROM memories WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM vectors WHERE memory_id = ?1)";
    let bucket: Option<i64> = connection.prepare_cached(sql)?.query_row([memory], |row| row.get(0)).optional()?;
    let Some(bucket) = bucket else { return Ok(()) };
    let mut statement = connection
        .prepare_cached("INSERT INTO vectors (bucket_id, memory_id, vector) VALUES (:bucket, :memory, :vector)")?;
    for vector in vectors {
        statement.execute(named_params! { ":bucket": bucket, ":memory": memory, ":vector": vector.to_bytes() })?;
    }
    Ok(())
}

/// Keeps the vector of a memory that is new, if it is one of the database's model.
pub(super) fn insert_new(database: &Database<'_>, memory: i64, vector: &Vector) -> Result<(), StoreError> {
    if model::last(database.connection)?.is_some_and(|model| model.dimension == vector.dimension()) {
        insert_of(database.connection, memory, std::slice::from_ref(vector))?;
    }
    Ok(())
}

/// What a text means: its vector, and the space of buckets that are too small to have one of their own.
#[derive(Clone, Debug)]
pub(crate) struct Meant {
    pub(crate) vector: Vector,
    pub(crate) reference: Arc<Space>,
}

/// How near a memory is to what a question means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Nearness {
    /// The cosine of the two vectors.
    pub(crate) cosine: f64,
    /// Their cosine in the bucket's space, in which texts are told apart better.
    pub(crate) placed: f64,
    /// Their cosine without the mean of the bucket's vectors, which tells better whether the memory answers the question at all.
    pub(crate) centred: f64,
}

/// The nearest memories of a bucket.
#[derive(Debug, Default)]
pub(crate) struct Nearest {
    /// By the memories' ids. A memory with several vectors counts by the nearest one.
    pub(crate) by_memory: HashMap<i64, Nearness>,
    /// How far the placed cosines of all vectors of the bucket spread (their standard deviation), where they are enough to tell.
    pub(crate) spread: Option<f64>,
    compared: Option<Compared>,
}

/// What vectors are compared with, in which space.
#[derive(Debug)]
struct Compared {
    vector: Vector,
    placed: Vector,
    centred: Vector,
    space: Space,
}

/// The memories of the bucket that are nearest. They are found by codes, and then looked at exactly.
pub(crate) fn nearest(
    database: &Database<'_>,
    bucket_id: i64,
    meant: &Meant,
    count: usize,
) -> Result<Nearest, StoreError> {
    let Some(model) = of_dimension(database, meant.vector.dimension())? else { return Ok(Nearest::default()) };
    let held = held_of(database, bucket_id, &model, meant)?;
    let near = held.read().nearest(&meant.vector, count);
    let (nearest, some_are_gone) = Nearest::exact(database, meant, near)?;
    if !some_are_gone {
        return Ok(nearest);
    }
    held.write().forget_deleted(database.connection, bucket_id, &meant.reference)?;
    let near = held.read().nearest(&meant.vector, count);
    Ok(Nearest::exact(database, meant, near)?.0)
}

/// What is held of the bucket, with all that the snapshot has.
fn held_of(
    database: &Database<'_>,
    bucket_id: i64,
    model: &Model,
    meant: &Meant,
) -> Result<Arc<RwLock<BucketCodes>>, StoreError> {
    let held = database.held.codes.of_bucket(bucket_id);
    let newest: i64 = database
        .connection
        .prepare_cached("SELECT coalesce(max(id), 0) FROM vectors WHERE bucket_id = ?1")?
        .query_row([bucket_id], |row| row.get(0))?;
    let is_known = held.read().is_known(model.generation, newest);
    if !is_known {
        held.write().catch_up(database.connection, bucket_id, model, &meant.reference)?;
    }
    Ok(held)
}

/// Reads the bucket's vectors, so that a write that compares them with one finds few that it has to read itself, and none that is deleted.
pub(super) fn read_ahead(database: &Database<'_>, bucket_name: &str, meant: &Meant) -> Result<(), StoreError> {
    if let Some(bucket) = buckets::find(database, bucket_name)? {
        nearest(database, bucket.id, meant, CANDIDATES)?;
    }
    Ok(())
}

impl Nearest {
    /// Also says whether one of the vectors is gone.
    fn exact(database: &Database<'_>, meant: &Meant, near: Near) -> Result<(Self, bool), StoreError> {
        let vector = meant.vector.clone();
        let centred = near.space.centre(&vector);
        let compared = Compared { vector, placed: near.placed, centred, space: near.space };
        let mut by_memory = HashMap::new();
        let mut some_are_gone = false;
        let mut statement =
            database.connection.prepare_cached("SELECT memory_id, vector FROM vectors WHERE id = ?1")?;
        for id in near.ids {
            let found = statement.query_row([id], |row| Ok((row.get(0)?, compared.with(row.get_ref(1)?)?)));
            match found.optional()? {
                Some((memory, nearness)) => {
                    by_memory.entry(memory).and_modify(|best| *best = nearness.better(best)).or_insert(nearness);
                }
                None => some_are_gone = true,
            }
        }
        Ok((Self { by_memory, spread: near.spread, compared: Some(compared) }, some_are_gone))
    }

    /// How near another memory of the bucket is, if it has a vector.
    pub(crate) fn of_memory(&self, database: &Database<'_>, memory: i64) -> Result<Option<Nearness>, StoreError> {
        let Some(compared) = &self.compared else { return Ok(None) };
        let mut statement = database.connection.prepare_cached("SELECT vector FROM vectors WHERE memory_id = ?1")?;
        let mut rows = statement.query([memory])?;
        let mut best: Option<Nearness> = None;
        while let Some(row) = rows.next()? {
            let nearness = compared.with(row.get_ref(0)?)?;
            best = Some(best.map_or(nearness, |best| nearness.better(&best)));
        }
        Ok(best)
    }
}

impl Compared {
    fn with(&self, bytes: ValueRef<'_>) -> rusqlite::Result<Nearness> {
        let other = Vector::from_bytes(bytes.as_blob()?);
        let cosine = other.cosine(&self.vector);
        let other = self.space.centre(&other);
        let centred = other.cosine(&self.centred);
        Ok(Nearness { cosine, placed: self.space.place_centred(other).cosine(&self.placed), centred })
    }
}

impl Nearness {
    /// Adds this part of a neighbour's.
    pub(crate) fn gain(&mut self, neighbour: &Self, part: f64) {
        self.placed += neighbour.placed.max(0.0) * part;
        self.centred += neighbour.centred.max(0.0) * part;
    }

    fn better(self, other: &Self) -> Self {
        if self.placed > other.placed { self } else { *other }
    }
}

fn of_dimension(database: &Database<'_>, dimension: usize) -> Result<Option<Model>, StoreError> {
    Ok(model(database)?.filter(|model| model.dimension == dimension))
}

/// The memory of the bucket that is most alike, of those with one vector, and its cosine. It sees what its own transaction has stored.
pub(super) fn most_similar(
    database: &Database<'_>,
    bucket_id: i64,
    vector: &Vector,
) -> Result<Option<(i64, f64)>, StoreError> {
    let Some(model) = of_dimension(database, vector.dimension())? else { return Ok(None) };
    // What the transaction has stored may yet be taken back. So nothing of it may get into what is held.
    let (ids, last) =
        database.held.codes.of_bucket(bucket_id).read().nearest_known(model.generation, vector, CANDIDATES);
    let mut cosines: Vec<(i64, f64)> = Vec::new();
    let mut by_id = database.connection.prepare_cached("SELECT memory_id, vector FROM vectors WHERE id = ?1")?;
    for id in ids {
        cosines.extend(by_id.query_row([id], |row| compare(row, vector)).optional()?);
    }
    let mut newer =
        database.connection.prepare_cached("SELECT memory_id, vector FROM vectors WHERE bucket_id = ?1 AND id > ?2")?;
    for found in newer.query_map([bucket_id, last], |row| compare(row, vector))? {
        cosines.push(found?);
    }
    // The older of two that are as near.
    cosines.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    for (memory, cosine) in cosines {
        if has_one_vector(database, memory)? {
            return Ok(Some((memory, cosine)));
        }
    }
    Ok(None)
}

fn compare(row: &Row<'_>, vector: &Vector) -> rusqlite::Result<(i64, f64)> {
    Ok((row.get(0)?, Vector::from_bytes(row.get_ref(1)?.as_blob()?).cosine(vector)))
}

fn has_one_vector(database: &Database<'_>, memory: i64) -> Result<bool, StoreError> {
    let mut statement = database.connection.prepare_cached("SELECT count(*) = 1 FROM vectors WHERE memory_id = ?1")?;
    Ok(statement.query_row([memory], |row| row.get(0))?)
}
