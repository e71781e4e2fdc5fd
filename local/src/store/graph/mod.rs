//! Facts that were taken from the memories, and the entities that they are about.

mod facts;
mod names;
mod progress;

pub(crate) use facts::{Fact, of_entity, of_memory};
pub(crate) use names::{Entity, Judged, bare, entities_like, entities_named, find_nearest, merge};
pub(crate) use progress::{Batch, Done, NewFact, Pending, keep, next};

#[cfg(feature = "cli")]
use rusqlite::Connection;

pub(super) const SCHEMA: &str = include_str!("../graph.sql");

/// Counts what can't be: facts and names that do not belong together, and progress beyond what there is.
#[cfg(feature = "cli")]
const WRONG: &[(&str, &str)] = &[
    (
        "facts without a memory, or with names of another bucket",
        "SELECT count(*) FROM facts
         LEFT JOIN memories ON memories.id = memory_id
         LEFT JOIN names AS subject ON subject.id = subject_id
         LEFT JOIN names AS object ON object.id = object_id
         WHERE memories.id IS NULL OR subject.bucket_id IS NOT memories.bucket_id OR object.bucket_id IS NOT memories.bucket_id",
    ),
    (
        "names in no fact",
        "SELECT count(*) FROM names WHERE NOT EXISTS (SELECT 1 FROM facts WHERE subject_id = names.id)
         AND NOT EXISTS (SELECT 1 FROM facts WHERE object_id = names.id)",
    ),
    (
        "names that are the same but belong to different entities",
        "SELECT count(*) FROM (SELECT 1 FROM names GROUP BY bucket_id, normal HAVING count(DISTINCT entity) > 1)",
    ),
    (
        "entities in several buckets",
        "SELECT count(*) FROM (SELECT 1 FROM names GROUP BY entity HAVING count(DISTINCT bucket_id) > 1)",
    ),
    (
        "buckets with facts of memories that don't exist, or don't exist yet",
        "SELECT count(*) FROM extraction WHERE bucket_id NOT IN (SELECT id FROM buckets)
         OR done_to > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'memories'), 0)",
    ),
    (
        "memories without facts that do not exist",
        "SELECT count(*) FROM unextracted WHERE memory_id NOT IN (SELECT id FROM memories)",
    ),
];

/// What is wrong, with how often it is.
#[cfg(feature = "cli")]
pub(super) fn wrong(connection: &Connection) -> rusqlite::Result<Vec<(&'static str, i64)>> {
    let mut wrong = Vec::new();
    for (what, sql) in WRONG {
        wrong.push((*what, connection.query_row(sql, [], |row| row.get(0))?));
    }
    wrong.extend(names::wrong(connection)?);
    wrong.retain(|(_, count)| *count > 0);
    Ok(wrong)
}

/// Has the facts of all memories taken anew, where anything is wrong with them. Says whether it was.
#[cfg(feature = "cli")]
pub(super) fn forget_if_wrong(connection: &Connection) -> rusqlite::Result<bool> {
    names::forget_vectors(connection)?;
    if wrong(connection)?.is_empty() {
        return Ok(false);
    }
    super::erase::note(connection)?;
    connection
        .execute_batch("DELETE FROM facts; DELETE FROM names; DELETE FROM extraction; DELETE FROM unextracted")?;
    Ok(true)
}
