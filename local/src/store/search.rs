//! Finding the memories that match a question.
//!
//! The full-text index says where each term occurs; the ranking is BM25 over the searched buckets together. SQLite's own
//! `bm25()` is not used: it would weigh a term by how rare it is in the whole database, every tenant's memories included, and it
//! weighs a term that most memories hold as nothing, which is most terms where there are few memories.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

use lumetra_engram::api::types::{QueryOptions, QueryRequest, RetrievedMemory, TopKPerBucket};
use rusqlite::Connection;

use super::StoreError;
use super::buckets::{self, BucketRow};
use super::memories::index_term;
use crate::tenant::Tenant;
use crate::text::terms;

/// How soon a term that is repeated counts no more.
const K1: f64 = 1.2;
/// How much longer memories are held back.
const B: f64 = 0.75;
/// Every bucket weighs the same.
const WEIGHT: f64 = 1.0;
const DEFAULT_TOP_K: usize = 8;
/// More memories than this are retrieved from no bucket.
const MOST_TOP_K: usize = 1000;

/// What to look for, and where.
#[derive(Debug)]
pub(crate) struct Search {
    question: String,
    /// How many memories to retrieve at most, for each bucket's name.
    buckets: BTreeMap<String, usize>,
    least_raw_score: f64,
    least_weighted_score: f64,
}

impl Search {
    /// The search that the request asks for; `default_bucket` where it names none.
    pub(crate) fn new(request: QueryRequest, options: &QueryOptions, default_bucket: &str) -> Self {
        let names = if request.buckets.is_empty() { vec![default_bucket.to_owned()] } else { request.buckets };
        Self {
            question: request.query,
            buckets: names.into_iter().map(|name| (name.clone(), top_k(options, &name))).collect(),
            least_raw_score: options.min_similarity_threshold.unwrap_or(f64::NEG_INFINITY),
            least_weighted_score: options.min_weighted_score.unwrap_or(f64::NEG_INFINITY),
        }
    }

    pub(super) fn question(&self) -> &str {
        &self.question
    }

    fn admits(&self, found: &Found<'_>) -> bool {
        found.score >= self.least_raw_score && found.score * WEIGHT >= self.least_weighted_score
    }
}

fn top_k(options: &QueryOptions, bucket: &str) -> usize {
    let of_bucket = match &options.top_k_per_bucket {
        Some(TopKPerBucket::All(number)) => Some(*number),
        Some(TopKPerBucket::Each(numbers)) => numbers.get(bucket).copied(),
        None => None,
    };
    let number = of_bucket.or(options.top_k).map(NonZeroU32::get).and_then(|number| usize::try_from(number).ok());
    number.unwrap_or(DEFAULT_TOP_K).min(MOST_TOP_K)
}

/// A bucket that is searched.
struct Place<'a> {
    name: &'a str,
    row: BucketRow,
    top_k: usize,
}

/// A memory that matches.
struct Found<'a> {
    place: &'a Place<'a>,
    id: i64,
    score: f64,
}

/// A memory that holds a term.
struct Occurrence {
    memory: i64,
    times: u32,
    /// How many terms the memory has.
    length: u32,
}

pub(super) fn search(
    connection: &Connection,
    tenant: Tenant,
    search: &Search,
) -> Result<Vec<RetrievedMemory>, StoreError> {
    let mut places = Vec::new();
    for (name, &top_k) in &search.buckets {
        // A bucket that does not exist yet holds nothing.
        if let Some(row) = buckets::find(connection, tenant, name)? {
            places.push(Place { name, row, top_k });
        }
    }
    let scores = score(connection, &places, &terms::of_question(&search.question))?;
    let mut found: Vec<Found<'_>> =
        places.iter().zip(scores).flat_map(|(place, scores)| best(place, scores, search)).collect();
    sort(&mut found);
    found.iter().map(|found| retrieve(connection, found)).collect()
}

/// For each bucket, the BM25 score of each memory that holds one of the terms.
fn score(
    connection: &Connection,
    places: &[Place<'_>],
    terms: &[String],
) -> Result<Vec<HashMap<i64, f64>>, StoreError> {
    let mut scores: Vec<HashMap<i64, f64>> = places.iter().map(|_| HashMap::new()).collect();
    let memories = places.iter().map(|place| place.row.memory_count as f64).sum::<f64>();
    let average_length = places.iter().map(|place| place.row.term_count as f64).sum::<f64>() / memories.max(1.0);
    for term in terms {
        let occurrences =
            places.iter().map(|place| occurrences(connection, place, term)).collect::<Result<Vec<_>, _>>()?;
        let holders = occurrences.iter().map(Vec::len).sum::<usize>() as f64;
        // Never negative, and not zero even where every memory holds the term.
        let rarity = (1.0 + (memories - holders + 0.5) / (holders + 0.5)).ln();
        for (scores, occurrences) in scores.iter_mut().zip(occurrences) {
            for occurrence in occurrences {
                *scores.entry(occurrence.memory).or_default() += rarity * frequency(&occurrence, average_length);
            }
        }
    }
    Ok(scores)
}

fn frequency(occurrence: &Occurrence, average_length: f64) -> f64 {
    let times = f64::from(occurrence.times);
    let length = f64::from(occurrence.length) / average_length.max(1.0);
    times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length))
}

/// Where the term occurs in the bucket.
fn occurrences(connection: &Connection, place: &Place<'_>, term: &str) -> Result<Vec<Occurrence>, StoreError> {
    // The join leaves out what the index may still hold of deleted memories. CROSS: the index is read first.
    let mut statement = connection.prepare_cached(
        "SELECT memories.id, memories.term_count FROM memory_occurrences
         CROSS JOIN memories ON memories.id = memory_occurrences.doc AND memories.bucket_id = ?2
         WHERE memory_occurrences.term = ?1",
    )?;
    let mut rows = statement.query((index_term(place.row.id, term), place.row.id))?;
    let mut occurrences: Vec<Occurrence> = Vec::new();
    while let Some(row) = rows.next()? {
        let memory = row.get(0)?;
        match occurrences.last_mut() {
            Some(last) if last.memory == memory => last.times += 1,
            _ => occurrences.push(Occurrence { memory, times: 1, length: row.get(1)? }),
        }
    }
    Ok(occurrences)
}

/// The best memories of one bucket.
fn best<'a>(place: &'a Place<'a>, scores: HashMap<i64, f64>, search: &Search) -> Vec<Found<'a>> {
    // From 0 to 1, in the same order.
    let squash = |score: f64| score / (1.0 + score);
    let found = scores.into_iter().map(|(id, score)| Found { place, id, score: squash(score) });
    let mut found: Vec<Found<'_>> = found.filter(|found| search.admits(found)).collect();
    if found.len() > place.top_k {
        found.select_nth_unstable_by(place.top_k, order);
        found.truncate(place.top_k);
    }
    found
}

/// The best first, and of two that match as well the newer.
fn order(one: &Found<'_>, other: &Found<'_>) -> std::cmp::Ordering {
    other.score.total_cmp(&one.score).then(other.id.cmp(&one.id))
}

fn sort(found: &mut [Found<'_>]) {
    found.sort_unstable_by(order);
}

fn retrieve(connection: &Connection, found: &Found<'_>) -> Result<RetrievedMemory, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT uuid, content FROM memories WHERE id = ?1 AND bucket_id = ?2")?;
    let (uuid, content) = statement.query_row((found.id, found.place.row.id), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut memory = RetrievedMemory::default();
    memory.memory_id = uuid;
    memory.content = content;
    memory.bucket_id = Some(found.place.row.uuid.clone());
    memory.bucket_name = found.place.name.to_owned();
    memory.raw_score = Some(found.score);
    memory.weight = Some(WEIGHT);
    memory.weighted_score = Some(found.score * WEIGHT);
    Ok(memory)
}
