//! Profiles: what the memories of a bucket say in all. A model writes one in several steps where they are many.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::stamp::now;
use super::{Database, StoreError, buckets};

pub(super) const SCHEMA: &str = include_str!("profiles.sql");

/// What there is of a bucket's profile.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) bucket_id: i64,
    pub(crate) bucket_uuid: String,
    /// Whether one was ever asked for.
    pub(crate) was_asked: bool,
    /// `None` where there is none, or none any more.
    pub(crate) text: Option<String>,
    pub(crate) made_at: Option<String>,
    /// How many memories there were then.
    pub(crate) memory_count: Option<i64>,
}

pub(crate) fn snapshot(database: &Database<'_>, bucket_name: &str) -> Result<Snapshot, StoreError> {
    let bucket = buckets::require(database, bucket_name)?;
    let mut statement =
        database.connection.prepare_cached("SELECT text, made_at, memory_count FROM profiles WHERE bucket_id = ?1")?;
    let known = statement.query_row([bucket.id], |row| {
        Ok(Snapshot {
            was_asked: true,
            text: row.get(0)?,
            made_at: row.get(1)?,
            memory_count: row.get(2)?,
            ..Snapshot::default()
        })
    });
    let known = known.optional()?.unwrap_or_default();
    Ok(Snapshot { bucket_id: bucket.id, bucket_uuid: bucket.uuid, ..known })
}

/// Notes that a profile is wanted, and answers with what there is so far.
pub(crate) fn ask(database: &Database<'_>, bucket_name: &str) -> Result<Snapshot, StoreError> {
    let bucket = buckets::require(database, bucket_name)?;
    // Deletions are counted from a number of chance: after the bucket was cleared, no step of before may count as one of now.
    let mut statement = database.connection.prepare_cached(
        "INSERT INTO profiles (bucket_id, asked, deletions) VALUES (?1, 1, random() >> 12)
         ON CONFLICT (bucket_id) DO UPDATE SET asked = asked + 1",
    )?;
    statement.execute([bucket.id])?;
    snapshot(database, bucket_name)
}

/// The profiles of these buckets, by their names; `None` where there is none.
pub(crate) fn texts<'a>(
    database: &Database<'_>,
    names: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, Option<String>>, StoreError> {
    let mut statement = database.connection.prepare_cached(
        "SELECT text FROM buckets JOIN profiles ON bucket_id = id WHERE tenant = :tenant AND name = :name",
    )?;
    names
        .map(|name| {
            let values = named_params! { ":tenant": database.tenant.hash(), ":name": name };
            let text = statement.query_row(values, |row| row.get(0)).optional()?;
            Ok((name.to_owned(), text.flatten()))
        })
        .collect()
}

/// A bucket whose profile is to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Due {
    pub(crate) bucket_id: i64,
    /// Counts the memories that are deleted, from any number.
    pub(crate) deletions: i64,
    /// Whether it is to be made because the one before may have told of a memory that was deleted.
    pub(crate) is_lost: bool,
}

/// All of them, of every tenant; the one whose turn is next comes first. A profile is due that somebody has asked for, that is begun, that
/// went with a deleted memory, or that does not tell of `after` memories. The last two are not for `after` 0.
///
/// The tenants take turns, and so do the buckets of each. `CROSS JOIN` keeps SQLite from reading all buckets.
const DUE: &str = "
    WITH served AS (
        SELECT tenant, max(turn) AS turn FROM profiles CROSS JOIN buckets ON buckets.id = bucket_id GROUP BY tenant
    )
    SELECT bucket_id, deletions, text IS NULL AND draft_to IS NULL AND asked = met
    FROM profiles CROSS JOIN buckets ON buckets.id = bucket_id CROSS JOIN served ON served.tenant = buckets.tenant
    WHERE buckets.memory_count > 0 AND (
        asked > met OR draft_to IS NOT NULL OR :after > 0 AND (
            text IS NULL OR :after = (SELECT count(*) FROM (
                SELECT 1 FROM memories
                WHERE memories.bucket_id = profiles.bucket_id AND memories.id > made_to LIMIT :after
            ))
        )
    )
    ORDER BY served.turn, profiles.turn, bucket_id";

pub(crate) fn due(database: &Database<'_>, after: u32) -> Result<Vec<Due>, StoreError> {
    let mut statement = database.connection.prepare_cached(DUE)?;
    let due = statement.query_map(named_params! { ":after": after }, |row| {
        Ok(Due { bucket_id: row.get(0)?, deletions: row.get(1)?, is_lost: row.get(2)? })
    })?;
    Ok(due.collect::<Result<_, _>>()?)
}

/// A memory that a profile is to tell of.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) content: String,
    /// RFC 3339, in UTC.
    pub(crate) stored_at: String,
}

/// The next step of a profile.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) bucket_id: i64,
    /// The profile so far.
    pub(crate) text: Option<String>,
    /// The memories that it is to tell of then, oldest first.
    pub(crate) memories: Vec<Told>,
    /// It tells of memories up to this id then.
    to: i64,
    /// The last step's `to`.
    last: i64,
    meets: i64,
    /// What was there when this was read. The step counts for nothing where that has changed.
    draft_to: Option<i64>,
    deletions: i64,
}

/// The next step of the bucket's profile. `all` says of each content, newest first, whether the profile takes that in too; `part` says, oldest
/// first, whether the step does. `None` where there is nothing to tell of.
pub(crate) fn next_step(
    database: &Database<'_>,
    bucket_id: i64,
    all: impl FnMut(&str) -> bool,
    part: impl FnMut(&str) -> bool,
) -> Result<Option<Step>, StoreError> {
    let connection = database.connection;
    let Some(state) = state(connection, bucket_id)? else { return Ok(None) };
    let (draft_to, deletions) = (state.draft_to, state.deletions);
    let Some(Run { text, from, last, meets }) = run(connection, bucket_id, state, all)? else { return Ok(None) };
    let (memories, to) = memories(connection, bucket_id, from, last, part)?;
    Ok(Some(Step { bucket_id, text, memories, to, last, meets, draft_to, deletions }))
}

/// What is known of a bucket's profile.
struct State {
    asked: i64,
    met: i64,
    text: Option<String>,
    made_to: Option<i64>,
    draft: Option<String>,
    draft_to: Option<i64>,
    last: Option<i64>,
    meets: Option<i64>,
    deletions: i64,
}

fn state(connection: &Connection, bucket_id: i64) -> rusqlite::Result<Option<State>> {
    let mut statement = connection.prepare_cached(
        "SELECT asked, met, text, made_to, draft, draft_to, last, meets, deletions FROM profiles WHERE bucket_id = ?1",
    )?;
    let state = statement.query_row([bucket_id], |row| {
        Ok(State {
            asked: row.get(0)?,
            met: row.get(1)?,
            text: row.get(2)?,
            made_to: row.get(3)?,
            draft: row.get(4)?,
            draft_to: row.get(5)?,
            last: row.get(6)?,
            meets: row.get(7)?,
            deletions: row.get(8)?,
        })
    });
    state.optional()
}

/// How a profile is made, from where it has come to: it tells of the memories from after `from` to `last`.
struct Run {
    text: Option<String>,
    from: i64,
    last: i64,
    meets: i64,
}

/// The one that has begun, else a new one. Who asks gets one that is made anew; else the last one is revised.
fn run(
    connection: &Connection,
    bucket_id: i64,
    state: State,
    all: impl FnMut(&str) -> bool,
) -> rusqlite::Result<Option<Run>> {
    if let (Some(from), Some(last), Some(meets)) = (state.draft_to, state.last, state.meets) {
        return Ok(Some(Run { text: state.draft, from, last, meets }));
    }
    let (text, told) = match (state.text, state.made_to) {
        (Some(text), Some(made_to)) if state.asked == state.met => (Some(text), made_to),
        _ => (None, 0),
    };
    let newest = newest(connection, bucket_id, told, all)?;
    Ok(newest.map(|(from, last)| Run { text, from, last, meets: state.asked }))
}

/// Of the memories after `told`, the newest that are taken: the id before the first, and that of the last.
fn newest(
    connection: &Connection,
    bucket_id: i64,
    told: i64,
    mut takes: impl FnMut(&str) -> bool,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let mut statement = connection
        .prepare_cached("SELECT id, content FROM memories WHERE bucket_id = ?1 AND id > ?2 ORDER BY id DESC")?;
    let mut rows = statement.query([bucket_id, told])?;
    let mut found: Option<(i64, i64)> = None;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if !takes(row.get_ref(1)?.as_str()?) {
            break;
        }
        found = Some((id - 1, found.map_or(id, |(_, last)| last)));
    }
    Ok(found)
}

/// The first memories from after `from` to `last` that are taken, and the id up to which there are no others.
fn memories(
    connection: &Connection,
    bucket_id: i64,
    from: i64,
    last: i64,
    mut takes: impl FnMut(&str) -> bool,
) -> rusqlite::Result<(Vec<Told>, i64)> {
    let mut statement = connection.prepare_cached(
        "SELECT id, content, created_at FROM memories WHERE bucket_id = ?1 AND id > ?2 AND id <= ?3 ORDER BY id",
    )?;
    let mut rows = statement.query([bucket_id, from, last])?;
    let (mut memories, mut to) = (Vec::new(), from);
    while let Some(row) = rows.next()? {
        let content: String = row.get(1)?;
        if !takes(&content) {
            return Ok((memories, to));
        }
        to = row.get(0)?;
        memories.push(Told { content, stored_at: row.get(2)? });
    }
    Ok((memories, last))
}

/// Keeps what was written for the step. Says whether it did: nothing is kept where a memory of the bucket was deleted meanwhile, or somebody
/// else has done the step.
pub(crate) fn keep(database: &Database<'_>, step: &Step, text: &str) -> Result<bool, StoreError> {
    let connection = database.connection;
    let is_current = state(connection, step.bucket_id)?
        .is_some_and(|state| state.deletions == step.deletions && state.draft_to == step.draft_to);
    if !is_current {
        return Ok(false);
    }
    if step.to < step.last {
        keep_draft(connection, step, text)?;
    } else {
        keep_profile(connection, step, text)?;
    }
    connection
        .prepare_cached("UPDATE profiles SET turn = 1 + (SELECT max(turn) FROM profiles) WHERE bucket_id = ?1")?
        .execute([step.bucket_id])?;
    Ok(true)
}

fn keep_draft(connection: &Connection, step: &Step, text: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE profiles SET draft = :text, draft_to = :to, last = :last, meets = :meets WHERE bucket_id = :bucket",
    )?;
    statement.execute(named_params! {
        ":bucket": step.bucket_id, ":text": text, ":to": step.to, ":last": step.last, ":meets": step.meets,
    })?;
    Ok(())
}

/// Who has asked while it was made has got it, unless there are more memories now.
fn keep_profile(connection: &Connection, step: &Step, text: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE profiles SET
             text = :text, made_at = :now, made_to = :last,
             memory_count = (SELECT memory_count FROM buckets WHERE id = bucket_id),
             met = CASE WHEN EXISTS (SELECT 1 FROM memories WHERE memories.bucket_id = profiles.bucket_id AND id > :last)
                 THEN :meets ELSE asked END,
             draft = NULL, draft_to = NULL, last = NULL, meets = NULL
         WHERE bucket_id = :bucket",
    )?;
    statement.execute(named_params! {
        ":bucket": step.bucket_id, ":text": text, ":now": now(), ":last": step.last, ":meets": step.meets,
    })?;
    Ok(())
}

/// Also forgets that the bucket was asked for a profile.
pub(super) fn forget(connection: &Connection, bucket_id: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM profiles WHERE bucket_id = ?1")?.execute([bucket_id])?;
    Ok(())
}

/// Which profiles cannot be right.
#[cfg(feature = "cli")]
const WRONG: &str = "
    bucket_id NOT IN (SELECT id FROM buckets)
    OR max(coalesce(made_to, 0), coalesce(last, 0)) > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'memories'), 0)
    OR (text IS NULL) <> (made_to IS NULL) OR (draft_to IS NULL) <> (last IS NULL) OR asked < met";

#[cfg(feature = "cli")]
pub(super) fn count_wrong(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(&format!("SELECT count(*) FROM profiles WHERE {WRONG}"), [], |row| row.get(0))
}

/// Forgets the profiles that cannot be right.
#[cfg(feature = "cli")]
pub(super) fn forget_wrong(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(&format!("DELETE FROM profiles WHERE {WRONG}"), [])?;
    Ok(())
}
