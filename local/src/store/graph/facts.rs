//! Reading facts.

use rusqlite::Connection;

use super::names::Entity;
use crate::store::{Database, StoreError};

/// A fact, whose entities have the names that they were given first.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) id: i64,
    pub(crate) subject: Entity,
    pub(crate) predicate: String,
    pub(crate) object: Entity,
    /// The id by which clients know the memory.
    pub(crate) memory: String,
    /// When the memory was stored: RFC 3339, in UTC.
    pub(crate) stored_at: String,
}

/// The first facts of a memory.
pub(crate) fn of_memory(database: &Database<'_>, memory: i64, count: usize) -> Result<Vec<Fact>, StoreError> {
    let sql = "SELECT id FROM facts WHERE memory_id = ?1 ORDER BY id LIMIT ?2";
    read(database.connection, &ids(database.connection, sql, memory, count)?)
}

/// The newest facts that an entity is in, newest first.
pub(crate) fn of_entity(database: &Database<'_>, entity: i64, count: usize) -> Result<Vec<Fact>, StoreError> {
    let connection = database.connection;
    let names = ids(connection, "SELECT id FROM names WHERE entity = ?1 ORDER BY id LIMIT ?2", entity, MOST_NAMES)?;
    let mut facts = Vec::new();
    for name in names {
        // Each reads no more than it needs, however many facts there are.
        let as_subject = "SELECT id FROM facts WHERE subject_id = ?1 ORDER BY id DESC LIMIT ?2";
        let as_object = "SELECT id FROM facts WHERE object_id = ?1 ORDER BY id DESC LIMIT ?2";
        facts.extend(ids(connection, as_subject, name, count)?);
        facts.extend(ids(connection, as_object, name, count)?);
    }
    facts.sort_unstable_by(|one, other| other.cmp(one));
    facts.dedup();
    facts.truncate(count);
    read(connection, &facts)
}

/// Of an entity, no more names are followed.
const MOST_NAMES: usize = 64;

fn ids(connection: &Connection, sql: &str, of: i64, count: usize) -> rusqlite::Result<Vec<i64>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    connection.prepare_cached(sql)?.query_map([of, count], |row| row.get(0))?.collect()
}

const SELECT: &str = "
    SELECT predicate, uuid, created_at,
           subject.entity, (SELECT name FROM names WHERE entity = subject.entity ORDER BY id LIMIT 1),
           object.entity, (SELECT name FROM names WHERE entity = object.entity ORDER BY id LIMIT 1)
    FROM facts
    JOIN memories ON memories.id = memory_id
    JOIN names AS subject ON subject.id = subject_id
    JOIN names AS object ON object.id = object_id
    WHERE facts.id = ?1";

fn read(connection: &Connection, ids: &[i64]) -> Result<Vec<Fact>, StoreError> {
    let mut statement = connection.prepare_cached(SELECT)?;
    let mut facts = Vec::with_capacity(ids.len());
    for &id in ids {
        facts.push(statement.query_row([id], |row| {
            Ok(Fact {
                id,
                predicate: row.get(0)?,
                memory: row.get(1)?,
                stored_at: row.get(2)?,
                subject: Entity { id: row.get(3)?, name: row.get(4)? },
                object: Entity { id: row.get(5)?, name: row.get(6)? },
            })
        })?);
    }
    Ok(facts)
}
