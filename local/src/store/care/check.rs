//! Whether a database is sound: all of it is read.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::Stop;
use crate::LocalServerError;
use crate::store::memories::NewMemory;
use crate::store::{graph, index, open, optional, profiles};
use crate::vector::Vector;

#[derive(Debug)]
pub(crate) enum Verdict {
    Sound { buckets: i64, memories: i64, vectors: i64, facts: i64 },
    Damaged(Vec<Finding>),
}

/// What is wrong.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) message: String,
    /// Whether `reindex` cures it.
    pub(crate) is_of_index: bool,
}

pub(crate) fn check(database: &Path, stop: &Stop) -> Result<Verdict, LocalServerError> {
    super::read(database, stop, |connection| {
        let findings = findings(connection)?;
        if !findings.is_empty() {
            return Ok(Verdict::Damaged(findings));
        }
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get(0));
        Ok(Verdict::Sound {
            buckets: number("SELECT count(*) FROM buckets")?,
            memories: number("SELECT count(*) FROM memories")?,
            vectors: if optional::has_vectors(connection)? { number("SELECT count(*) FROM vectors")? } else { 0 },
            facts: if optional::has_written(connection)? { number("SELECT count(*) FROM facts")? } else { 0 },
        })
    })
}

fn findings(connection: &Connection) -> rusqlite::Result<Vec<Finding>> {
    let damage = structure(connection)?;
    // What SQLite can't read can't be looked at further.
    if !damage.is_empty() {
        return Ok(damage);
    }
    let mut findings = if optional::has_vectors(connection)? { vectors(connection)? } else { Vec::new() };
    if optional::has_written(connection)? {
        findings.extend(graph::wrong(connection)?.into_iter().filter_map(|(what, count)| finding(count, what, true)));
        let wrong = profiles::count_wrong(connection)?;
        findings.extend(finding(wrong, "profiles without a bucket, or of memories that don't exist yet", true));
    }
    findings.extend(index(connection)?);
    findings.extend(buckets(connection)?);
    Ok(findings)
}

/// `None` where there are none of them.
fn finding(count: i64, what: &str, is_of_index: bool) -> Option<Finding> {
    (count > 0).then(|| Finding { message: format!("{what}: {count}"), is_of_index })
}

/// SQLite's own check. What it says are names of tables and numbers of rows and pages, but nothing of what is in them.
fn structure(connection: &Connection) -> rusqlite::Result<Vec<Finding>> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let damage = lines.into_iter().filter(|line| line != "ok");
    let findings = damage.map(|line| Finding { is_of_index: is_of_index(&line), message: format!("SQLite: {line}") });
    Ok(findings.collect())
}

fn is_of_index(line: &str) -> bool {
    let beginnings = ["fts5: corrupt", "wrong # of entries in index "];
    let middles = [" inverted index for FTS5 ", " missing from index "];
    beginnings.iter().any(|text| line.starts_with(text)) || middles.iter().any(|text| line.contains(text))
}

fn buckets(connection: &Connection) -> rusqlite::Result<Option<Finding>> {
    let stray = connection.query_row("PRAGMA foreign_key_check", [], |_| Ok(())).optional()?;
    if stray.is_some() {
        return Ok(Some(Finding { message: "memories are in no bucket".to_owned(), is_of_index: false }));
    }
    Ok(finding(open::miscounted(connection)?, "buckets with a wrong number of memories or terms", true))
}

fn index(connection: &Connection) -> rusqlite::Result<Option<Finding>> {
    let count = open::misindexed(connection)?;
    let count = if count > 0 { count } else { under_other_terms(connection)? };
    Ok(finding(count, "memories that differ from the full-text index", true))
}

/// How many memories the index has under other terms than their own, or know other terms or another hash than their content's.
fn under_other_terms(connection: &Connection) -> rusqlite::Result<i64> {
    let mut indexed = indexed(connection)?;
    let mut statement = connection.prepare("SELECT id, bucket_id, content_hash, term_count, content FROM memories")?;
    let mut rows = statement.query([])?;
    let mut wrong = 0;
    while let Some(row) = rows.next()? {
        let (id, bucket): (i64, i64) = (row.get(0)?, row.get(1)?);
        let memory = NewMemory::prepare(row.get(4)?);
        let (hash, terms): (Vec<u8>, i64) = (row.get(2)?, row.get(3)?);
        let sum = index::rows(bucket, &memory.terms).fold(0, |sum, row| row.split_terminator(' ').fold(sum, add));
        let is_indexed = indexed.remove(&id).unwrap_or(0) == sum;
        if !is_indexed || hash != memory.content_hash || terms != memory.term_count {
            wrong += 1;
        }
    }
    Ok(wrong + i64::try_from(indexed.len()).unwrap_or(i64::MAX))
}

/// For each memory, what its terms in the index come to.
fn indexed(connection: &Connection) -> rusqlite::Result<HashMap<i64, u64>> {
    let mut sums = HashMap::new();
    let mut statement = connection.prepare("SELECT term, doc FROM memory_occurrences")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let sum: &mut u64 = sums.entry(row.get::<_, i64>(1)? >> index::ROW_BITS).or_default();
        *sum = add(*sum, row.get_ref(0)?.as_str()?);
    }
    Ok(sums)
}

/// The index has so much of a term, in bytes.
const LONGEST_TERM: usize = 32_768;

/// The same in any order of the terms.
fn add(sum: u64, term: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let bytes = term.as_bytes();
    bytes.get(..LONGEST_TERM).unwrap_or(bytes).hash(&mut hasher);
    sum.wrapping_add(hasher.finish())
}

fn vectors(connection: &Connection) -> rusqlite::Result<Vec<Finding>> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let strays = number(
        "SELECT count(*) FROM vectors LEFT JOIN memories ON memories.id = vectors.memory_id
         WHERE vectors.bucket_id IS NOT memories.bucket_id",
    )?;
    let ahead = number(
        "SELECT count(*) FROM embedding
         WHERE done_to > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'memories'), 0)",
    )?;
    let findings = [
        finding(strays, "vectors without a memory, or with a memory of another bucket", true),
        finding(ahead, "models that have embedded memories that don't exist yet", true),
        finding(malformed(connection)?, "vectors that are not of the model's dimension or not of length 1", true),
    ];
    Ok(findings.into_iter().flatten().collect())
}

/// How many vectors can't be the model's.
fn malformed(connection: &Connection) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare("SELECT dimension FROM embedding ORDER BY generation DESC LIMIT 1")?;
    let dimension: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
    let mut statement = connection.prepare("SELECT vector FROM vectors")?;
    let mut rows = statement.query([])?;
    let mut wrong = 0;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_blob()?;
        let is_of_model = dimension.is_some() && dimension == i64::try_from(bytes.len() / size_of::<f32>()).ok();
        if !is_of_model || bytes.len() % size_of::<f32>() != 0 || !is_unit(bytes) {
            wrong += 1;
        }
    }
    Ok(wrong)
}

fn is_unit(bytes: &[u8]) -> bool {
    let vector = Vector::from_bytes(bytes);
    (vector.cosine(&vector) - 1.0).abs() < 1e-3
}
