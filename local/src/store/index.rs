//! The full-text index: what a memory is found by.
//!
//! A long memory has several rows in it. FTS5 gathers the terms of one row in memory before it writes them; so that stays little
//! however long the memory is.

use std::collections::HashMap;

use rusqlite::{Connection, Statement};

use super::lengths::Known;
use super::{Database, StoreError};
use crate::text::terms::{Term, Terms};

pub(super) const SCHEMA: &str = include_str!("index.sql");
/// A row holds this many terms at most.
const TERMS_OF_ROW: usize = 65_536;
/// The ids of a memory's rows are its own with this many bits behind it: see index.sql.
pub(super) const ROW_BITS: u32 = 16;

/// A memory that holds a term.
#[derive(Debug)]
pub(crate) struct Occurrence {
    pub(crate) memory: i64,
    pub(crate) times: u32,
    /// How many terms the memory has.
    pub(crate) length: u32,
}

pub(super) fn insert(connection: &Connection, bucket_id: i64, memory_id: i64, terms: &Terms) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("INSERT INTO memory_terms (rowid, terms) VALUES (?1, ?2)")?;
    for (row_id, row) in (memory_id << ROW_BITS..).zip(rows(bucket_id, terms)) {
        statement.execute((row_id, row))?;
    }
    Ok(())
}

/// The terms as the rows hold them, parted by spaces: one row at least, so that each memory has one.
pub(super) fn rows(bucket_id: i64, terms: &Terms) -> impl Iterator<Item = String> {
    let prefix = prefix(bucket_id);
    let mut terms = terms.iter().peekable();
    let mut begun = false;
    std::iter::from_fn(move || {
        if std::mem::replace(&mut begun, true) && terms.peek().is_none() {
            return None;
        }
        let mut row = String::new();
        for term in terms.by_ref().take(TERMS_OF_ROW) {
            row.extend([&prefix, term, " "]);
        }
        Some(row)
    })
}

/// Stands before each term of the bucket. The id ends at the letter, so no two buckets share a term.
fn prefix(bucket_id: i64) -> String {
    format!("{bucket_id}x")
}

/// Where the term occurs in the bucket, in the order of the memories' ids. The index leaves out what it still holds of deleted memories.
pub(crate) fn occurrences(database: &Database<'_>, bucket_id: i64, term: &Term) -> Result<Vec<Occurrence>, StoreError> {
    let lengths = database.held.lengths.read(database.connection)?;
    match term {
        Term::Word(text) | Term::Pair(text) => {
            let mut statement = database.connection.prepare_cached(SELECT_TERM)?;
            of_one_term(&mut statement, bucket_id, text, &lengths)
        }
        Term::Beginning(text) => {
            let mut statement = database.connection.prepare_cached(SELECT_BEGINNING)?;
            Ok(of_many_terms(of_one_term(&mut statement, bucket_id, text, &lengths)?))
        }
    }
}

const SELECT_TERM: &str = "SELECT doc FROM memory_occurrences WHERE term = ?1";
const SELECT_BEGINNING: &str = "SELECT doc FROM memory_occurrences WHERE term BETWEEN ?1 AND ?1 || char(0x10FFFF)";

fn of_one_term(
    statement: &mut Statement<'_>,
    bucket_id: i64,
    text: &str,
    lengths: &Known,
) -> Result<Vec<Occurrence>, StoreError> {
    let mut rows = statement.query([prefix(bucket_id) + text])?;
    let mut occurrences: Vec<Occurrence> = Vec::new();
    while let Some(row) = rows.next()? {
        let memory = row.get::<_, i64>(0)? >> ROW_BITS;
        match occurrences.last_mut() {
            Some(last) if last.memory == memory => last.times += 1,
            _ => occurrences.push(Occurrence { memory, times: 1, length: lengths.of(memory) }),
        }
    }
    Ok(occurrences)
}

/// Each memory once. Those of each term came behind those of the one before.
fn of_many_terms(occurrences: Vec<Occurrence>) -> Vec<Occurrence> {
    let mut by_memory: HashMap<i64, Occurrence> = HashMap::new();
    for occurrence in occurrences {
        by_memory.entry(occurrence.memory).and_modify(|known| known.times += occurrence.times).or_insert(occurrence);
    }
    by_memory.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Needs, Store, buckets, memories};
    use crate::tenant::Tenant;
    use crate::text::terms;

    #[test]
    fn a_memory_of_any_length_has_rows_of_a_bounded_length() {
        for (words, expected) in [(0, 1), (1, 1), (TERMS_OF_ROW, 1), (TERMS_OF_ROW + 1, 2)] {
            let rows: Vec<String> = rows(12, &terms::of_memory(&"tea ".repeat(words))).collect();
            assert_eq!(rows.len(), expected, "{words} words");
            assert!(rows.iter().all(|row| row.split_whitespace().count() <= TERMS_OF_ROW));
            let terms = rows.iter().flat_map(|row| row.split_whitespace());
            assert_eq!(terms.filter(|term| *term == "12xtea").count(), words);
        }
    }

    #[tokio::test]
    async fn the_index_names_each_memory_that_is_there_and_none_that_was_deleted() {
        let store = Store::open(None, Needs::default()).unwrap();
        let tenant = Tenant::of_key("key");
        let mut random = fastrand::Rng::with_seed(7);
        let mut there: Vec<String> = Vec::new();
        for round in 0..60 {
            let contents = (0..random.usize(1..40)).map(|number| format!("tea {round} of {number}")).collect();
            let stored = store.store(tenant, "b".to_owned(), contents, None).await.unwrap();
            there.extend(stored.into_iter().map(|result| result.id));
            for _ in 0..random.usize(0..30).min(there.len()) {
                let id = there.swap_remove(random.usize(0..there.len()));
                store.write(tenant, move |database| memories::delete(database, "b", &id)).await.unwrap();
            }
            let read = |database: &Database<'_>| {
                let bucket = buckets::require(database, "b")?;
                let found = occurrences(database, bucket.id, &Term::Word("tea".to_owned()))?;
                let uuids = found.iter().map(|found| Ok(memories::content(database, bucket.id, found.memory)?.0));
                Ok((uuids.collect::<Result<Vec<String>, StoreError>>()?, found.iter().all(|found| found.length == 4)))
            };
            let (mut found, all_known) = store.read(tenant, read).await.unwrap();
            found.sort();
            there.sort();
            assert!(all_known, "the lengths");
            assert_eq!(found, there, "round {round}");
        }
    }
}
