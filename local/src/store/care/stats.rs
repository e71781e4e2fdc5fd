//! What a database holds, in numbers.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::{Stop, failed};
use crate::LocalServerError;
use crate::store::{files, optional};

#[derive(Debug, Serialize)]
pub(crate) struct Stats {
    pub(crate) database: String,
    /// In bytes, as are the next two.
    pub(crate) file: u64,
    pub(crate) wal: u64,
    pub(crate) shm: u64,
    pub(crate) tenants: i64,
    pub(crate) buckets: i64,
    pub(crate) memories: i64,
    pub(crate) terms: i64,
    /// Of the memories, as clients are told it. `None` where there are none.
    pub(crate) oldest: Option<String>,
    pub(crate) newest: Option<String>,
    /// `None` where no model has been used.
    pub(crate) vectors: Option<VectorStats>,
    /// `None` where no facts have been taken from any memory.
    pub(crate) facts: Option<FactStats>,
    pub(crate) profiles: ProfileStats,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct ProfileStats {
    pub(crate) ready: i64,
    /// Those that were asked for or begun, or that went with a deleted memory.
    pub(crate) waiting: i64,
}

#[derive(Debug, Serialize)]
pub(crate) struct VectorStats {
    pub(crate) model: String,
    pub(crate) dimension: i64,
    pub(crate) vectors: i64,
    /// The memories that have vectors.
    pub(crate) embedded: i64,
    /// Those that will be embedded.
    pub(crate) waiting: i64,
    /// Those that the model did not take.
    pub(crate) failed: i64,
}

#[derive(Debug, Serialize)]
pub(crate) struct FactStats {
    pub(crate) facts: i64,
    pub(crate) entities: i64,
    /// The memories whose facts are known, of which some have none.
    pub(crate) extracted: i64,
    /// Those whose facts will be.
    pub(crate) waiting: i64,
    /// Those that the model could do nothing with.
    pub(crate) failed: i64,
}

pub(crate) fn stats(database: &Path, stop: &Stop) -> Result<Stats, LocalServerError> {
    let mut stats = super::read(database, stop, |connection| of_connection(connection, database))?;
    // After the snapshot: where nobody uses the database its other files are gone by then.
    [stats.file, stats.wal, stats.shm] =
        files::lengths(database).map_err(|error| failed(database, "its files cannot be examined", error))?;
    Ok(stats)
}

fn of_connection(connection: &Connection, database: &Path) -> rusqlite::Result<Stats> {
    let (tenants, buckets, terms) = connection.query_row(
        "SELECT count(DISTINCT tenant), count(*), coalesce(sum(term_count), 0) FROM buckets",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let (memories, oldest, newest) =
        connection.query_row("SELECT count(*), min(created_at), max(created_at) FROM memories", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let (has_vectors, has_written) = (optional::has_vectors(connection)?, optional::has_written(connection)?);
    Ok(Stats {
        database: std::path::absolute(database).unwrap_or_else(|_| database.to_owned()).display().to_string(),
        file: 0,
        wal: 0,
        shm: 0,
        tenants,
        buckets,
        memories,
        terms,
        oldest,
        newest,
        vectors: if has_vectors { vectors(connection)? } else { None },
        facts: if has_written { facts(connection)? } else { None },
        profiles: if has_written { profiles(connection)? } else { ProfileStats::default() },
    })
}

fn profiles(connection: &Connection) -> rusqlite::Result<ProfileStats> {
    let sql =
        "SELECT count(text), count(*) FILTER (WHERE asked > met OR draft_to IS NOT NULL OR text IS NULL) FROM profiles";
    connection.query_row(sql, [], |row| Ok(ProfileStats { ready: row.get(0)?, waiting: row.get(1)? }))
}

const VECTORS: &str = "
    WITH current AS (SELECT model, dimension, done_to FROM embedding ORDER BY generation DESC LIMIT 1),
         bare AS (SELECT id FROM memories WHERE NOT EXISTS (SELECT 1 FROM vectors WHERE memory_id = memories.id))
    SELECT model, dimension,
           (SELECT count(*) FROM vectors),
           (SELECT count(DISTINCT memory_id) FROM vectors),
           (SELECT count(*) FROM bare WHERE id > done_to),
           (SELECT count(*) FROM bare WHERE id <= done_to)
    FROM current";

fn vectors(connection: &Connection) -> rusqlite::Result<Option<VectorStats>> {
    let row = connection.query_row(VECTORS, [], |row| {
        Ok(VectorStats {
            model: row.get(0)?,
            dimension: row.get(1)?,
            vectors: row.get(2)?,
            embedded: row.get(3)?,
            waiting: row.get(4)?,
            failed: row.get(5)?,
        })
    });
    row.optional()
}

const FACTS: &str = "
    SELECT (SELECT count(*) FROM facts),
           (SELECT count(DISTINCT entity) FROM names),
           (SELECT count(*) FROM memories JOIN extraction USING (bucket_id) WHERE memories.id <= done_to) - (SELECT count(*) FROM unextracted),
           (SELECT count(*) FROM memories LEFT JOIN extraction USING (bucket_id) WHERE memories.id > coalesce(done_to, 0)),
           (SELECT count(*) FROM unextracted)
    WHERE EXISTS (SELECT 1 FROM extraction)";

fn facts(connection: &Connection) -> rusqlite::Result<Option<FactStats>> {
    let row = connection.query_row(FACTS, [], |row| {
        Ok(FactStats {
            facts: row.get(0)?,
            entities: row.get(1)?,
            extracted: row.get(2)?,
            waiting: row.get(3)?,
            failed: row.get(4)?,
        })
    });
    row.optional()
}
